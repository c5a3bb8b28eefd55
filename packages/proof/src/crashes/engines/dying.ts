import { appendFileSync, readFileSync } from 'node:fs'
import type { Agent, Engine, EngineStep, RunResult } from '@capstan/core'
import { overflowAgent } from '../overflow-run.ts'
import { die, pointOf, type RecordView, type TeamDeath } from '../points.ts'
import { teamAgent } from '../team.ts'

// An engine cannot be asked what it has recorded of one step while another step of the batch is running, so it gets this time.
const timeToRecordMs = 500

export interface DyingSetting {
  readonly point?: string | undefined
  /** Path of the file that gets a line for each operation whose body begins, and for each that the engine has recorded. */
  readonly steps: string
  /** How to die in the middle of a write. */
  readonly tear?: () => void
}

/**
 * Wraps an engine so that its process dies at a point. `P0`, `P9 question written`, `P10`, and `P13 after …` are outside of the engine:
 * the worker, or the process that drives it, kills there.
 */
export function dyingEngine(engine: Engine, { point: name, steps: path, tear = die }: DyingSetting): Engine {
  const point = pointOf(name)
  const write = (what: string, step: string): void => appendFileSync(path, `${what} ${step}\n`)
  const dieRecorded = (step: string): void => {
    write('recorded', step)
    die()
  }
  const run = (step: EngineStep) => async (): ReturnType<EngineStep['run']> => {
    write('began', step.name)
    const value = await step.run()
    const record = recordOf(step)
    if (point.before?.(record) === true) die()
    if (point.torn?.(record) === true) tear()
    if (point.hold !== undefined && point.after?.(record) === true) setTimeout(dieRecorded, timeToRecordMs, step.name)
    return value
  }
  return {
    scope: engine.scope,
    async steps(batch) {
      if (point.open === 'after') die()
      const values = await engine.steps(batch.map((step) => ({ name: step.name, run: run(step) })))
      for (const { name } of batch) write('recorded', name)
      if (batch.some((step) => point.after?.(recordOf(step)) === true)) die()
      return values
    },
    async decisions(questions) {
      const isAny = (type: string, matches = point.before): boolean => questions.some(({ id }) => matches?.({ type, id }) === true)
      if (isAny('question')) die()
      const decisions = await engine.decisions(questions)
      if (isAny('answer', point.after)) die()
      return decisions
    },
  }
}

type Runs = Pick<Agent, 'generate' | 'resume'>

/** Which run a worker works on, other than that of the matrix, and where it dies in it. */
export interface CountedSetting extends Pick<DyingSetting, 'steps'> {
  readonly witness: string
  readonly team?: TeamDeath
  readonly overflow?: TeamDeath
}

/** The agent of a run whose workers die at a record that is counted; `undefined` for a run of the matrix. */
export function countedAgent({ witness, steps, team, overflow }: CountedSetting): Runs | undefined {
  if (team !== undefined) return onEngines(teamAgent(witness), (engine) => dyingInBodies(dyingEngine(engine, { steps }), team))
  if (overflow !== undefined) return onEngines(overflowAgent(witness), (engine) => dyingInBodies(dyingEngine(engine, { steps }), overflow))
  return undefined
}

function onEngines(agent: Runs, wrap: (engine: Engine) => Engine): Runs {
  return {
    generate: (input, options = {}) => agent.generate(input, { ...options, ...(options.engine !== undefined && { engine: wrap(options.engine) }) }),
    // No crash test continues a state.
    resume: agent.resume.bind(agent),
  }
}

/** An engine whose process dies before a step is recorded, or after the batch of that step is. */
function dyingInBodies(engine: Engine, { beforeRecord, afterRecord }: TeamDeath): Engine {
  let count = 0
  return {
    ...engine,
    async steps(steps) {
      const values = await engine.steps(
        steps.map(({ name, run }) => ({
          name,
          run: async () => {
            const value = await run()
            count++
            if (beforeRecord !== undefined && count >= beforeRecord) die()
            return value
          },
        })),
      )
      if (afterRecord !== undefined && count >= afterRecord) die()
      return values
    },
  }
}

/** An agent whose runs are on dying engines, for a package that makes the engine by itself. */
export function dyingAgent(agent: Agent, setting: DyingSetting): Runs {
  const point = pointOf(setting.point)
  return {
    generate: async (input, options = {}) => {
      const { engine } = options
      const result: RunResult = await agent.generate(input, { ...options, ...(engine !== undefined && { engine: dyingEngine(engine, setting) }) })
      if (point.before?.({ type: 'end', stopReason: result.stopReason }) === true) die()
      return result
    },
    // No crash test continues a state.
    resume: agent.resume.bind(agent),
  }
}

/** Names of the operations that were recorded, once more for each time that one began after that. */
export function recordedSteps(path: string): readonly string[] {
  const seen = new Set<string>()
  const again: string[] = []
  for (const line of readFileSync(path, 'utf8').trim().split('\n')) {
    const [what, name] = splitOnce(line)
    if (what === 'recorded') seen.add(name)
    else if (seen.has(name)) again.push(name)
  }
  return [...seen, ...again]
}

// The points look at the records of a journal; the name of a step holds the id and the name of its operation.
function recordOf({ name }: Pick<EngineStep, 'name'>): RecordView {
  const [id, operation] = splitOnce(name)
  return { type: 'done', id, name: operation }
}

/** The texts before and after the first space. */
export function splitOnce(text: string): readonly [string, string] {
  const at = text.indexOf(' ')
  return [text.slice(0, at), text.slice(at + 1)]
}
