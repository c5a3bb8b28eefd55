import { isDeepStrictEqual } from 'node:util'
import { type Answers, type Decision, decideOn, type PendingQuestion } from '@capstan/core'
import { DBOS } from '@dbos-inc/dbos-sdk'

/** Keeps what people decided. */
export interface Decisions {
  /** The questions whose decision, if there is one, may not have reached the run. */
  open(runId: string, asked: readonly PendingQuestion[]): Promise<readonly PendingQuestion[]>
  /** @throws {AgentError} As `decideOn`. */
  decide(runId: string, given: { readonly asked: readonly PendingQuestion[]; readonly answers: Answers }): Promise<void>
  /** Keeps a decision, unless there is one about its question, and sends the one that stays to the run. For calls inside the run. */
  keepInRun(runId: string, decision: Decision): Promise<void>
}

interface Kept {
  readonly decision: Decision
  readonly isSent: boolean
}

/**
 * Each decision is a workflow of its own, whose id is run and question and whose input is the decision: the first that is started
 * stays, anybody can read it, and DBOS sees to it that the run gets it.
 */
export function decisionsOf(name: string): Decisions {
  // A function of its own: DBOS registers none twice.
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
    // The process that decided first died before it was sent.
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
        // Somebody was quicker: this throws when that was another answer.
        if (!isDeepStrictEqual(kept.answer, decision.answer)) decideOn({ questions: asked, decided: [...decided, kept], answers })
      }
    },
    async keepInRun(runId, decision) {
      // The workflow of an earlier decision stays: DBOS starts none twice.
      await DBOS.startWorkflow(workflow, { workflowID: workflowIdOf(runId, decision.id) })(runId, decision)
    },
  }
}

async function find(runId: string, position: string): Promise<Kept | undefined> {
  const found = await DBOS.getWorkflowStatus(workflowIdOf(runId, position))
  // What its workflow was called with.
  const decision = found?.input?.[1] as Decision | undefined
  return decision && { decision, isSent: found?.status === 'SUCCESS' }
}

// With the question as key, so that a run gets one decision about each, however often it is sent.
function send(runId: string, decision: Decision): Promise<void> {
  return DBOS.send(runId, decision, decision.id, decision.id, { serializationType: 'portable' })
}

function workflowIdOf(runId: string, position: string): string {
  return `${runId}/${position}/decision`
}
