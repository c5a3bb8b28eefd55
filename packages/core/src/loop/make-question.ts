import type { JsonObject } from '../contract/json.ts'
import type { PendingQuestion } from '../contract/result.ts'
import { hashTool, toolBinding } from '../durability/definition.ts'
import { makeOperationId } from '../durability/operation-ids.ts'
import type { RunnableCall } from './check-calls.ts'
import type { LoopRun } from './loop-run.ts'

/** What differs between the questions about a call. */
export type QuestionKind =
  | { readonly type: 'approval' | 'question'; readonly details: JsonObject }
  /** `round` counts from 1: a call that was repeated may be of unknown outcome again. */
  | { readonly type: 'outcome'; readonly round: number }

/** Makes a question about a call. It holds all that a person is shown and what an answer binds to: the tool and the exact input. */
export function makeQuestion(
  { operations, questionIds, agent, child }: LoopRun,
  { step, index, part, tool, input, binding: recorded }: RunnableCall,
  kind: QuestionKind,
): PendingQuestion {
  const { type } = kind
  const position = makeOperationId(type === 'outcome' ? { type, step, index, round: kind.round } : { type, step, index })
  const binding = operations.version === 1 ? hashTool(tool) : (recorded ?? toolBinding(tool))
  // The agent of the run itself is known to whoever started it.
  const asking = child === undefined ? {} : { agent: agent.name, path: child.path }
  const about = { type, ...asking, toolName: tool.name, toolCallId: part.toolCallId, input, tool: binding, ...(type !== 'outcome' && kind.details) }
  return { id: questionIds.make(position, about), position, about }
}
