import { errorCodes } from '../../contract/error-codes.ts'
import type { AgentError } from '../../contract/errors.ts'
import type { RunResult, StopReason } from '../../contract/result.ts'
import type { ToolOutput } from '../../contract/tool.ts'

/** Why an agent that ended has no complete answer, for the agent that called it. */
const reasons: Partial<Readonly<Record<StopReason, string>>> = {
  truncated: 'its answer was cut at its output limit',
  filtered: "the provider's filter cut its answer",
  'unknown-ending': 'its answer ended with a word that is not known, so it may not be complete',
  'max-steps': 'it reached its limit of steps',
  'max-tool-calls': 'it reached its limit of tool calls',
  'max-tokens': 'it reached the limit of tokens',
  'max-cost': 'it reached the limit of money',
  'max-duration': 'it reached the time limit',
  'stop-condition': 'it was stopped by its own condition',
  'repeated-calls': 'it repeated the same calls again and again',
}

/** The result of a call that an agent answered: its answer, or why there is none and what it had by then. */
export function answerOf(result: RunResult): ToolOutput {
  const isAnswer = result.status === 'finished' && result.stopReason === 'finished'
  if (isAnswer && result.output !== undefined) return { status: 'ok', text: JSON.stringify(result.output) }
  if (isAnswer && result.text.trim() !== '') return { status: 'ok', text: result.text }
  return notFinished(result, reasons[result.stopReason] ?? `it ended with '${result.stopReason}'`)
}

/** The result of a call whose agent failed. What broke it is not for a model: only its kind is named. */
export function failureOf(result: RunResult, { code }: AgentError): ToolOutput {
  return notFinished(result, `it failed with '${code}' (${errorCodes[code].meaning.replace(/\.$/, '')})`)
}

function notFinished({ agent, text }: RunResult, reason: string): ToolOutput {
  const partial = text.trim() === '' ? 'It had no text by then.' : `What it had by then:\n\n${text}`
  return { status: 'error', text: `The agent '${agent}' has no complete answer: ${reason}. ${partial}` }
}
