import type { Decision, Engine, EngineStep, Json, PendingQuestion } from '@capstan/core'
import { expiredDecision } from '@capstan/core/internal'
import { DBOS, DBOSWorkflowConflictError } from '@dbos-inc/dbos-sdk'

/** The DBOS event that has the questions that a run asked so far, decided or not. */
export const pendingEvent = 'pending'

/** DBOS has one connection in each process. */
const scope = {}
const yearSeconds = 365 * 24 * 3600

/**
 * Makes the engine of the calling DBOS workflow: steps are `DBOS.runStep`, decisions are messages to the workflow, whose topic is the
 * position of the question.
 *
 * @param keep - Stores a decision, unless its question has one, and sends the stored decision to the run.
 */
export function dbosEngine(runId: string, keep: (decision: Decision) => Promise<void>): Engine {
  const asked: PendingQuestion[] = []
  return {
    scope,
    // A step that begins inside another DBOS step must see the context of that step, so that it is not recorded separately.
    keepsContext: true,
    steps: (steps) => recordAll(runId, steps),
    async decisions(questions) {
      asked.push(...questions)
      await DBOS.setEvent(pendingEvent, asked)
      const decisions: Decision[] = []
      // One after the other, because DBOS numbers the operations of a workflow in the order in which they start.
      for (const question of questions) decisions.push(await receive(question, keep))
      return decisions
    },
  }
}

async function recordAll(runId: string, steps: readonly EngineStep[]): Promise<readonly Json[]> {
  const halt = new AbortController()
  let turn: Promise<void> = Promise.resolve()
  const values = steps.map((step) => {
    const { value, begun } = record(step, { runId, turn, halt: halt.signal })
    turn = begun
    return value
  })
  try {
    return await Promise.all(values)
  } catch (error) {
    // Nothing waits for the other steps any more, so that DBOS can free their resources.
    halt.abort(error)
    throw error
  }
}

interface Place {
  readonly runId: string
  /** Resolves when the previous step has begun, or was read from the records. */
  readonly turn: Promise<void>
  readonly halt: AbortSignal
}

/** Starts a step, which gets its number at once. DBOS then reads the database before each body, so `turn` makes the bodies begin in order. */
function record(step: EngineStep, { runId, turn, halt }: Place): { readonly value: Promise<Json>; readonly begun: Promise<void> } {
  let begin = (): void => {}
  const entered = new Promise<void>((resolve) => {
    begin = resolve
  })
  const body = async (): Promise<string> => {
    await turn
    const { signal, release } = lossOf(halt)
    try {
      if (signal.aborted) throw new DBOSWorkflowConflictError(runId)
      const value = step.run()
      begin()
      // As text, because the serializer of DBOS visits each key of an object and drops some of them.
      return JSON.stringify(await Promise.race([value, lost(runId, signal)]))
    } finally {
      release()
    }
  }
  // Failures of a step are values, so DBOS must not retry it.
  const value = DBOS.runStep(body, { name: step.name, retriesAllowed: false })
  value.then(begin, begin)
  return { value: value.then((text) => JSON.parse(text) as Json), begun: entered }
}

/** Makes a signal that aborts when the workflow is cancelled, or a parallel step fails. */
function lossOf(halt: AbortSignal): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  const signals = [halt, ...(DBOS.stepStatus === undefined ? [] : [DBOS.stepStatus.cancelSignal])]
  for (const signal of signals) {
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
  }
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of signals) signal.removeEventListener('abort', abort)
    },
  }
}

async function lost(runId: string, signal: AbortSignal): Promise<never> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  // DBOS does not record this error as the outcome of a step: the execution has lost the run.
  throw new DBOSWorkflowConflictError(runId)
}

/** Waits for the first decision about a question. If the question expires, decides so through the same store. */
async function receive(question: PendingQuestion, keep: (decision: Decision) => Promise<void>): Promise<Decision> {
  const { position, expiresInMs } = question
  let timeoutSeconds = expiresInMs === undefined ? yearSeconds : expiresInMs / 1_000
  for (;;) {
    // Without `timeoutSeconds` DBOS waits for only one minute.
    const decision = await DBOS.recv<Decision>(position, { timeoutSeconds })
    if (decision !== null) return decision
    if (expiresInMs !== undefined) await keep(expiredDecision(question))
    timeoutSeconds = yearSeconds
  }
}
