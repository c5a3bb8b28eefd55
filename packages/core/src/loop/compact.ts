import { AgentError } from '../contract/errors.ts'
import type { Compaction, CompactOptions } from '../contract/history.ts'
import type { Message } from '../contract/messages.ts'
import { RecordHost } from '../durability/hosts/record-host.ts'
import { resolveHistory } from '../history/history-rules.ts'
import { newId } from '../support/hash.ts'
import type { LoopAgent } from './loop-agent.ts'
import { type LoopStart, newLoopRun } from './loop-run.ts'
import { recordStart } from './record-start.ts'
import { shortenHistory } from './shorten-history.ts'
import { totalCost } from './spending.ts'

/** Replaces old steps of messages by a summary, with the code of a run: a run that sends nothing but the request for the summary. */
export async function compactMessages(
  agent: LoopAgent,
  messages: readonly Message[],
  options: CompactOptions & Pick<LoopStart, 'tracers'>,
): Promise<Compaction> {
  const signal = options.signal ?? new AbortController().signal
  const operations = new RecordHost({ runId: newId(), signal, emit: () => {}, room: () => undefined })
  const abort = (): void => operations.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  const planned = { ...agent.config, history: agent.config.history ?? resolveHistory() }
  // No tool is run, so no agent behind one is.
  const runAgents = (): never => {
    throw new RangeError('Compacting runs no agents.')
  }
  const { tracers, context } = options
  const shared = { agent, planned, operations, show: () => {}, attempts: agent.attempts, context, artifacts: undefined, tracers, runAgents }
  const run = newLoopRun({ ...shared, restartAfterText: true, recheckGates: false }, messages)
  try {
    signal.throwIfAborted()
    await recordStart(run)
    const { config, history, ledger } = run
    const { instructions, toolDefinitions: tools, toolChoice } = config
    const head = {
      ...(instructions !== undefined && { instructions }),
      ...(tools.length > 0 && { tools }),
      ...(tools.length > 0 && toolChoice !== undefined && { toolChoice }),
    }
    history.follow(messages, head)
    await shortenHistory(run, { ...head, messages }, { how: 'summary', reason: 'asked' })
    const [edit] = history.edits
    return { messages: history.viewOf(messages), edit: edit?.kind === 'summary' ? edit : undefined, usage: ledger.usage, cost: totalCost(run) }
  } catch (thrown) {
    if (!signal.aborted) throw thrown
    throw new AgentError('The request for a summary was aborted.', { code: 'aborted', phase: 'loop', cause: signal.reason })
  } finally {
    signal.removeEventListener('abort', abort)
    run.clock.end()
  }
}
