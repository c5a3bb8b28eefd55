import { asObject, type Json } from '../json.ts'
import type { Candidate, Reply } from '../replies/reply.ts'
import { type Conversation, readConversation } from './conversation.ts'
import { fillSchema } from './fill-parameters.ts'
import { answerFacts, jsonAnswer } from './json-answer.ts'
import { forcedIntent, type Intent, isFinishTool, makePlan } from './plan.ts'
import { admitNoFit, asksWhoItIs, describeItself } from './self-description.ts'
import { wordAnswer } from './word-answer.ts'

/**
 * Answers a request by rules. It is no language model: it reads names, descriptions and schemas of the tools,
 * looks for numbers, dates, paths and names in the user's words, and words an answer from the results.
 * The same request always has the same answer.
 */
export function offlineReply(body: Json | undefined, thinking: boolean): Reply {
  const request = asObject(body)
  const conversation = readConversation(request)
  const plan = makePlan(conversation)
  const calls = conversation.mayCall ? callsToMake(conversation, plan) : []
  const count = typeof request['n'] === 'number' ? request['n'] : 1
  if (calls.length > 0) return { candidates: Array.from({ length: count }, () => callCandidate(calls, thinking)) }
  return { candidates: Array.from({ length: count }, (_, index) => textCandidate(conversation, plan, { thinking, index })) }
}

/** Calls that can be made now and have no result yet. */
function callsToMake(conversation: Conversation, plan: readonly Intent[]): readonly Intent[] {
  const open = plan.filter(({ input, result }) => input !== undefined && result === undefined)
  if (open.length > 0) return open
  const finish = conversation.tools.find(isFinishTool)
  if (finish !== undefined && !conversation.newResults.some(({ name }) => name === finish.name)) {
    return [finishIntent(conversation, plan, finish)]
  }
  const [first] = conversation.tools
  if (!conversation.mustCall || first === undefined) return []
  const unused = conversation.tools.find(({ name }) => !conversation.newResults.some((result) => result.name === name))
  return [forcedIntent(unused ?? first, conversation.task, conversation)]
}

function finishIntent(conversation: Conversation, plan: readonly Intent[], tool: Intent['tool']): Intent {
  const facts = answerFacts(conversation, answerText(conversation, plan))
  const intent = forcedIntent(tool, conversation.task, conversation)
  return { ...intent, input: fillSchema(tool.schema, facts), reason: 'the tool takes the final answer' }
}

function callCandidate(calls: readonly Intent[], thinking: boolean): Candidate {
  const steps = calls.map(({ phrase, reason, tool, input }) => `“${phrase}”: ${reason}, so I call ${tool.name} with ${JSON.stringify(input)}.`)
  const count = calls.length === 1 ? 'One call fits' : `${calls.length} calls fit, and none needs the result of another`
  return {
    reasoning: thinking ? `I follow rules. ${count}. ${steps.join(' ')}` : undefined,
    text: '',
    toolCalls: calls.map(({ tool, input }) => ({ name: tool.name, arguments: JSON.stringify(input ?? {}) })),
    finishReason: 'tool_calls',
  }
}

function textCandidate(conversation: Conversation, plan: readonly Intent[], { thinking, index }: { thinking: boolean; index: number }): Candidate {
  const answer = answerText(conversation, plan)
  const written = conversation.wantsJson ? jsonAnswer(conversation, answer) : answer
  // A partial message is continued: what it holds already is not said again.
  const text = written.startsWith(conversation.prefix) ? written.slice(conversation.prefix.length) : written
  const numbered = index === 0 || conversation.wantsJson ? text : `Candidate ${index + 1}: ${text}`
  return { reasoning: thinking ? answerReasoning(conversation, plan) : undefined, text: numbered, toolCalls: [], finishReason: 'stop' }
}

function answerText(conversation: Conversation, plan: readonly Intent[]): string {
  if (asksWhoItIs(conversation.task)) return describeItself(conversation.tools, conversation.task)
  const worded = wordAnswer(conversation, plan)
  return worded === '' ? admitNoFit(conversation.tools, conversation.task) : worded
}

function answerReasoning(conversation: Conversation, plan: readonly Intent[]): string {
  const count = plan.filter(({ result }) => result !== undefined).length
  if (count > 0)
    return `I follow rules. ${count === 1 ? 'One call has' : `${count} calls have`} a result, and nothing is left to call: I word the answer from what is there.`
  return conversation.tools.length === 0
    ? 'I follow rules. There are no tools, so I can only say what I am.'
    : 'I follow rules. No tool fits these words, or none may be called.'
}
