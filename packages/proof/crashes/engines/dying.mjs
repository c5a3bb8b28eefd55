// An engine that dies at the points of points.mjs, whatever engine it is: around the values that it records and the questions that it asks.
import { appendFileSync, readFileSync } from 'node:fs'
import { die, points } from '../points.mjs'

// What an engine has for one step while another one of the batch is under way cannot be asked, so it gets the time.
const timeToRecordMs = 500

/**
 * Wraps an `Engine` of @capstan/core. Each operation whose body begins, and each that the engine has recorded, becomes a line in a file.
 * `P0`, `P9 question written`, `P10`, and `P13 after …` lie outside of it: the worker or whoever drives it kills there.
 *
 * @param {import('@capstan/core').Engine} engine
 * @param {{ point?: string, steps: string, tear?: () => void }} setting `steps`: path of the file; `tear`: how to die in the middle of a write.
 */
export function dyingEngine(engine, { point: name, steps: path, tear = die }) {
  const point = points[name] ?? {}
  const write = (what, step) => appendFileSync(path, `${what} ${step}\n`)
  const run = (step) => async () => {
    write('began', step.name)
    const value = await step.run()
    if (point.before?.(recordOf(step))) die()
    if (point.torn?.(recordOf(step))) tear()
    if (point.hold && point.after(recordOf(step))) setTimeout(dieRecorded, timeToRecordMs, step)
    return value
  }
  const dieRecorded = ({ name }) => {
    write('recorded', name)
    die()
  }
  return {
    scope: engine.scope,
    async steps(steps) {
      if (point.open === 'after') die()
      const values = await engine.steps(steps.map((step) => ({ name: step.name, run: run(step) })))
      for (const step of steps) write('recorded', step.name)
      if (point.after && steps.some((step) => point.after(recordOf(step)))) die()
      return values
    },
    async decisions(questions) {
      if (point.before && questions.some(({ id }) => point.before({ type: 'question', id }))) die()
      const decisions = await engine.decisions(questions)
      if (point.after && questions.some(({ id }) => point.after({ type: 'answer', id }))) die()
      return decisions
    },
  }
}

/** An agent whose runs are on dying engines, for what makes an engine by itself. */
export function dyingAgent(agent, setting) {
  const point = points[setting.point] ?? {}
  const through = (options) => ({ ...options, engine: dyingEngine(options.engine, setting) })
  const ended = (result) => {
    if (point.before?.({ type: 'end', stopReason: result.stopReason })) die()
    return result
  }
  return {
    name: agent.name,
    generate: async (input, options) => ended(await agent.generate(input, through(options))),
    resume: (state, options) => ({ result: agent.resume(state, through(options)).result.then(ended) }),
  }
}

/** Names of the operations that were recorded, and again for each time that one began after that. */
export function recordedSteps(path) {
  const seen = new Set()
  const again = []
  for (const line of readFileSync(path, 'utf8').trim().split('\n')) {
    const [, what, name] = /^(\w+) (.*)$/.exec(line)
    if (what === 'recorded') seen.add(name)
    else if (seen.has(name)) again.push(name)
  }
  return [...seen, ...again]
}

// The records of points.mjs are those of a journal; a step is named by id and name.
function recordOf({ name }) {
  const [, id, operation] = /^(\S+) (.*)$/.exec(name)
  return { type: 'done', id, name: operation }
}
