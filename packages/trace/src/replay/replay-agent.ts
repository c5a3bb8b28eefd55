import { type Agent, type Answers, answer, approve, type Json, type RunEvent, type RunResult, type Tool } from '@capstan/core'
import { checkNames, invalidOptions, isJsonObject, readResultName, rewireAgent } from '@capstan/core/internal'
import type { ExchangeLine, TraceLine } from '../format/lines.ts'
import { type Difference, messagesOf, parseBody } from '../tape/compare-requests.ts'
import { modelThrough } from '../tape/model-through.ts'
import { textOfRequest } from '../tape/tape-player.ts'
import { Course, type Departure } from './course.ts'
import { readInput, splitInstructions } from './read-input.ts'
import { RecordedResults } from './recorded-results.ts'
import { rewireOptions } from './rewire-options.ts'

/** What is replayed. */
export interface ReplayOptions {
  readonly agent: Agent
  /** The exchanges of one run, at least one. */
  readonly exchanges: readonly ExchangeLine[]
  /** The events of the run, where there are any. */
  readonly lines: readonly TraceLine[]
  /** Names of tools that are executed. All others give their recorded results. Default: none. */
  readonly runTools?: readonly string[]
}

/** A call of a replay, with the result that it got. */
export interface ReplayedCall {
  readonly toolName: string
  readonly input: Json
  /** `executed`: the tool ran. `recorded`: its recorded result was given. */
  readonly source: 'executed' | 'recorded'
  readonly text: string
  /** The agent inside the run that made it. */
  readonly path?: readonly string[]
}

/** What a replay found. */
export interface ReplayReport {
  /** `same`: the agent followed the recording to its end. */
  readonly status: 'same' | 'left'
  readonly requests: { readonly recorded: number; readonly made: number }
  /** Instructions, tools and parameters that differ. */
  readonly changes: readonly Difference[]
  readonly calls: readonly ReplayedCall[]
  readonly departure?: Departure
  /** How the replayed run ended; absent where it left the course. */
  readonly end?: { readonly status: string; readonly stopReason: string; readonly text: string }
}

/**
 * Runs an agent on a recorded run. Nothing reaches the network. Tools do not run, unless they are named: they give their recorded results, also where
 * a person was asked. Questions of the guard are answered with yes, because the recorded run continued after them, and the calls that they are about
 * do not run.
 *
 * @throws {AgentError} `invalid-options` for a tool that cannot be executed, or a model that does not use HTTP; what broke the run otherwise.
 */
export async function replayAgent(options: ReplayOptions): Promise<ReplayReport> {
  checkNames(options, {
    names: ['agent', 'exchanges', 'lines', 'runTools'],
    what: 'an option of replayAgent()',
    instead: { tools: 'runTools', tape: 'exchanges' },
  })
  const { agent, exchanges, lines, runTools = [] } = options
  const course = new Course(exchanges)
  const results = new RecordedResults(exchanges, lines)
  const recording: Recording = { course, results }
  const known = new Set<string>()
  const calls: ReplayedCall[] = []
  const change = rewireOptions({
    model: (model) => modelThrough(model, course),
    tool: (tool) => {
      known.add(tool.name)
      return runTools.includes(tool.name) ? executed(tool) : recorded(tool, recording)
    },
    // Of a result that was cut, the recording does not have the rest.
    builtIn: (tool) => (tool.name === readResultName ? recorded(tool, recording) : tool),
  })
  const rewired = rewireAgent(agent, change)
  const missing = runTools.find((name) => !known.has(name))
  if (missing !== undefined) throw invalidOptions(`The agent has no tool '${missing}' to run. Its tools: ${[...known].join(', ') || 'none'}.`)
  const end = await runToEnd(rewired, inputOf(exchanges[0]), { ...recording, onEvent: callCollector(calls, runTools) })
  const ended = end !== undefined && course.unused > 0 && course.departure === undefined
  if (ended)
    course.leave({
      kind: 'end',
      message: `it ends (${end.stopReason}) before ${course.unused} recorded ${course.unused === 1 ? 'request' : 'requests'}.`,
      differences: [],
    })
  const { departure, changes, requests } = course
  return {
    status: departure === undefined ? 'same' : 'left',
    requests: { recorded: exchanges.length, made: requests },
    changes,
    calls,
    ...(departure !== undefined && { departure }),
    ...(departure === undefined && end !== undefined && { end: { status: end.status, stopReason: end.stopReason, text: end.text } }),
  }
}

function inputOf(exchange: ExchangeLine | undefined): ReturnType<typeof readInput> {
  if (exchange === undefined) throw invalidOptions('There is no exchange to replay.')
  return readInput(splitInstructions(messagesOf(parseBody(textOfRequest(exchange)) ?? {})).messages)
}

/** What a replay follows. */
interface Recording {
  readonly course: Course
  readonly results: RecordedResults
}

interface Following extends Recording {
  readonly onEvent: (event: RunEvent) => void
}

type End = Pick<RunResult, 'status' | 'stopReason' | 'text'>

/** Runs the agent; `undefined` where it leaves the course. */
async function runToEnd(agent: Agent, input: ReturnType<typeof readInput>, { course, results, onEvent }: Following): Promise<End | undefined> {
  try {
    let result = await agent.generate(input, { attempts: { delayMs: 0 }, onEvent })
    while (result.state !== undefined && result.pending.length > 0) result = await agent.resume(result.state, { answers: yesTo(result), onEvent }).result
    return result
  } catch (error) {
    if (course.departure !== undefined) return undefined
    if (results.end !== undefined) return results.end
    throw error
  }
}

function yesTo({ pending }: RunResult): Answers {
  return Object.fromEntries(pending.map(({ id, about }) => [id, isJsonObject(about) && about['type'] === 'question' ? answer('') : approve()]))
}

function executed(tool: Tool<never>): Tool<never> {
  if (tool.needsApproval === false && tool.ask === undefined) return tool
  throw invalidOptions(`The tool '${tool.name}' asks a person before it runs, so a replay does not run it: its recorded results are used.`)
}

/** A tool that gives recorded results. Its own checks of the input stay. It asks nobody: what a person said is in the result. */
function recorded({ ask: _, ...tool }: Tool<never>, { course, results }: Recording): Tool<never> {
  const inputs = new WeakMap<object, Json>()
  return {
    ...tool,
    needsApproval: false,
    // What is recorded was cut already.
    maxResultBytes: Number.MAX_SAFE_INTEGER,
    check: async (input) => {
      const check = await tool.check(input)
      if (check.ok && typeof check.value === 'object' && check.value !== null) inputs.set(check.value, input)
      return check
    },
    run: async (value, { toolCallId }) => {
      const known = typeof value === 'object' && value !== null ? inputs.get(value) : undefined
      // After a question it is a copy, which nearly always equals its input.
      const input = known ?? (JSON.parse(JSON.stringify(value) ?? 'null') as Json)
      const call = { toolName: tool.name, toolCallId, input }
      const result = results.take(call)
      if (result !== undefined) return result
      if (results.reachesEnd(call)) return { status: 'fatal', text: 'The recorded run waits for a person here.' }
      const message = `it calls ${tool.name} with ${JSON.stringify(input)}, and the recording has no result of such a call.`
      return { status: 'fatal', text: 'The tool ended the run.', error: course.leave({ kind: 'call', message, differences: [] }) }
    },
  }
}

function callCollector(calls: ReplayedCall[], runTools: readonly string[]): (event: RunEvent) => void {
  const inputs = new Map<string, Json>()
  return (event) => {
    const place = `${event.path?.join('/') ?? ''} `
    if (event.type === 'tool-start') inputs.set(`${place}${event.key}`, event.input)
    if (event.type !== 'tool-end' || event.replayed === true || event.status === 'fatal') return
    const { toolName, text, path } = event
    const source = runTools.includes(toolName) ? 'executed' : 'recorded'
    calls.push({ toolName, input: inputs.get(`${place}${event.key}`) ?? null, source, text, ...(path !== undefined && { path }) })
  }
}
