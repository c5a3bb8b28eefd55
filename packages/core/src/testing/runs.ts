import { AgentError } from '../contract/errors.ts'
import type { RunEvent, RunEventType } from '../contract/events.ts'
import type { RunResult, RunState } from '../contract/result.ts'
import type { Run } from '../run/run.ts'

/** All events of a run that ends well. */
export async function collect(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const all: RunEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

/** What work settles with; fails after 2 s where it would hang. */
export async function soon<Value>(work: PromiseLike<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const bound = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('It did not settle within 2 s.')), 2_000)
  })
  try {
    return await Promise.race([work, bound])
  } finally {
    clearTimeout(timer)
  }
}

/** The error that work fails with. */
export async function failureOf(work: PromiseLike<unknown>): Promise<AgentError> {
  const thrown = await soon(work).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!AgentError.is(thrown)) throw new Error('It did not fail with an AgentError.', { cause: thrown })
  return thrown
}

/** The result that an error of a run carries. */
export function resultIn({ result }: AgentError): RunResult {
  if (result === undefined) throw new Error('The error carries no result.')
  return result
}

/** Aborts a run once it showed an event of this type; returns what it had come to. */
export async function abortAt(run: Run, type: RunEventType): Promise<RunResult> {
  run.on(type, () => setImmediate(() => run.abort()))
  return resultIn(await failureOf(run.result))
}

/** The state of a result, in this process. */
export function stateIn({ state }: RunResult): RunState {
  if (state === undefined) throw new Error('The result has no state.')
  return state
}

/** The state of a result as another process would read it. */
export function moved(result: RunResult): RunState {
  return JSON.parse(JSON.stringify(stateIn(result))) as RunState
}

/** The id of a question that is open. */
export function openQuestion({ pending }: RunResult, index = 0): string {
  const question = pending[index]
  if (question === undefined) throw new Error(`The result has no question ${index}.`)
  return question.id
}

/** Lets everything run that is due. */
export function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
