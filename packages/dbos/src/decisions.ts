import { isDeepStrictEqual } from 'node:util'
import { type Answers, type Decision, decideOn, type PendingQuestion } from '@capstan/core'
import { DBOS } from '@dbos-inc/dbos-sdk'

/** Stores the decisions of people. */
export interface Decisions {
  /** The questions without a decision, or with one that may not have reached the run. */
  open(runId: string, asked: readonly PendingQuestion[]): Promise<readonly PendingQuestion[]>
  /** @throws {AgentError} The errors of `decideOn`. */
  decide(runId: string, given: { readonly asked: readonly PendingQuestion[]; readonly answers: Answers }): Promise<void>
  /** Stores a decision, unless its question has one, and sends the stored decision to the run. For calls inside the run. */
  keepInRun(runId: string, decision: Decision): Promise<void>
}

interface Kept {
  readonly decision: Decision
  readonly isSent: boolean
}

/**
 * Each decision is a separate workflow. Its id consists of run and question, and its input is the decision. The first one that is started
 * counts, every process can read it, and DBOS makes sure that the run gets it.
 */
export function decisionsOf(name: string): Decisions {
  // A new function for each name, because DBOS does not register a function twice.
  const sendFirst = async (runId: string, decision: Decision): Promise<boolean> => {
    await send(runId, decision)
    return true
  }
  const workflow = DBOS.registerWorkflow(sendFirst, { name: `${name}.decision`, serialization: 'portable' })

  async function keep(runId: string, decision: Decision): Promise<Decision> {
    const workflowID = workflowIdOf(runId, decision.id)
    await DBOS.startWorkflow(workflow, { workflowID })(runId, decision)
    const isSent = await DBOS.getResult<boolean>(workflowID, { timeoutSeconds: 2, pollingIntervalMs: 50 })
    const kept = (await find(runId, decision.id))?.decision ?? decision
    // The process that decided first died before the decision was sent.
    if (isSent !== true) await send(runId, kept)
    return kept
  }

  return {
    async open(runId, asked) {
      const found = await Promise.all(asked.map(({ position }) => find(runId, position)))
      return asked.filter((_, index) => !found[index]?.isSent)
    },
    async decide(runId, { asked, answers }) {
      const found = (await Promise.all(asked.map(({ position }) => find(runId, position)))).filter((kept) => kept !== undefined)
      const decided = found.map(({ decision }) => decision)
      const made = decideOn({ questions: asked, decided, answers })
      const unsent = found.flatMap(({ decision, isSent }) => (isSent ? [] : [decision]))
      for (const decision of [...unsent, ...made]) {
        const kept = await keep(runId, decision)
        // Another process decided first: this throws if its answer was different.
        if (!isDeepStrictEqual(kept.answer, decision.answer)) decideOn({ questions: asked, decided: [...decided, kept], answers })
      }
    },
    async keepInRun(runId, decision) {
      // If the workflow of an earlier decision exists, it remains: DBOS does not start a workflow id twice.
      await DBOS.startWorkflow(workflow, { workflowID: workflowIdOf(runId, decision.id) })(runId, decision)
    },
  }
}

async function find(runId: string, position: string): Promise<Kept | undefined> {
  const found = await DBOS.getWorkflowStatus(workflowIdOf(runId, position))
  // The second argument of the workflow is the decision.
  const decision = found?.input?.[1] as Decision | undefined
  return decision && { decision, isSent: found?.status === 'SUCCESS' }
}

// The question is the idempotency key, so a run gets one decision about each question, however often it is sent.
function send(runId: string, decision: Decision): Promise<void> {
  return DBOS.send(runId, decision, decision.id, decision.id, { serializationType: 'portable' })
}

function workflowIdOf(runId: string, position: string): string {
  return `${runId}/${position}/decision`
}
