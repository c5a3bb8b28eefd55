import { asObject, type Json, type JsonObject } from '../json.ts'
import type { Candidate, Reply } from '../replies/reply.ts'
import { findFacts } from './facts.ts'
import { fillSchema } from './fill-schema.ts'
import { jsonReply, replyFacts } from './json-reply.ts'
import { isFinishTool, makePlan, type PlannedCall, planCall } from './plan.ts'
import { type OfflineRequest, type OfflineTool, readRequest } from './read-request.ts'
import { readTextForm, writeTextForm } from './text-form.ts'
import { callName, searchName } from './tool-search.ts'
import { wordReply } from './word-reply.ts'

/**
 * Replies to a request by rules. This is not a language model: it reads names, descriptions and schemas of the tools,
 * looks for numbers, dates, paths and names in the user's words, and puts the results into sentences.
 * The same request always gets the same reply.
 */
export function offlineReply(body: Json | undefined, thinking: boolean): Reply {
  const described = readTextForm(asObject(body))
  return described === undefined ? replyTo(asObject(body), thinking) : writeTextForm(replyTo(described, thinking))
}

function replyTo(body: JsonObject, thinking: boolean): Reply {
  const request = withFoundTool(readRequest(body))
  const plan = makePlan(request)
  const calls = request.mayCall ? callsToMake(request, plan) : []
  const { n } = body
  const make = (index: number): Candidate => (calls.length > 0 ? callCandidate(calls, thinking) : textCandidate(request, plan, { thinking, index }))
  return { candidates: Array.from({ length: typeof n === 'number' ? n : 1 }, (_, index) => make(index)) }
}

/** Calls that can be made now and have no result yet. */
function callsToMake(request: OfflineRequest, plan: readonly PlannedCall[]): readonly PlannedCall[] {
  const ready = plan.filter(({ input, result }) => input !== undefined && result === undefined)
  if (ready.length > 0) return ready
  if (plan.length === 0 && request.found !== undefined && !request.hasSearched) return [searchCall(request)]
  const { tools, newResults } = request
  const isUnused = ({ name }: { readonly name: string }): boolean => !newResults.some((result) => result.name === name)
  const finish = tools.find(isFinishTool)
  if (finish !== undefined && isUnused(finish)) return [finishCall(request, plan, finish)]
  const next = tools.find(isUnused) ?? tools[0]
  return request.mustCall && next !== undefined ? [forcedCall(next, request)] : []
}

/** The request with the found tools, where the words fit one of them better than the others; else with the best of them that they have values for. */
function withFoundTool(request: OfflineRequest): OfflineRequest {
  const { tools, found = [] } = request
  if (makePlan(request).length > 0) return request
  const offers = [found, ...found.map((tool) => [tool])].map((some) => ({ ...request, tools: [...tools, ...some] }))
  return offers.find((offer) => new Set(makePlan(offer).map(({ tool }) => tool.name)).size === 1) ?? request
}

function searchCall(request: OfflineRequest): PlannedCall {
  const tool = { name: searchName, description: '', schema: {}, parameters: [] }
  const query = request.asked.slice(0, maxQueryCharacters)
  return planCall({ tool, input: { query }, reason: 'no tool of the request fits, so I search for one' }, query, request)
}

const maxQueryCharacters = 300

/** A call to a tool that must be called; what the words do not give is made up from its schema. */
function forcedCall(tool: OfflineTool, request: OfflineRequest): PlannedCall {
  const input = fillSchema(tool.schema, findFacts(request.asked))
  return { ...planCall({ tool, input, reason: 'a call is required' }, request.asked, request), result: undefined }
}

function finishCall(request: OfflineRequest, plan: readonly PlannedCall[], tool: OfflineTool): PlannedCall {
  const input = fillSchema(tool.schema, replyFacts(request, wordReply(request, plan)))
  return planCall({ tool, input, reason: 'the tool takes the final answer' }, request.asked, request)
}

function callCandidate(calls: readonly PlannedCall[], thinking: boolean): Candidate {
  const steps = calls.map(({ phrase, reason, tool, input }) => `“${phrase}”: ${reason}, so I call ${tool.name} with ${JSON.stringify(input)}.`)
  const count = calls.length === 1 ? 'One call fits' : `${calls.length} calls fit, and none needs the result of another`
  return {
    reasoning: thinking ? `I follow rules. ${count}. ${steps.join(' ')}` : undefined,
    text: '',
    toolCalls: calls.map(({ tool, input = {} }) =>
      tool.isFound === true ? { name: callName, arguments: JSON.stringify({ name: tool.name, input }) } : { name: tool.name, arguments: JSON.stringify(input) },
    ),
    finishReason: 'tool_calls',
  }
}

function textCandidate(request: OfflineRequest, plan: readonly PlannedCall[], { thinking, index }: { thinking: boolean; index: number }): Candidate {
  const worded = wordReply(request, plan)
  const written = request.wantsJson ? jsonReply(request, worded) : worded
  // A partial message is continued: the text that it holds is not repeated.
  const text = written.startsWith(request.prefix) ? written.slice(request.prefix.length) : written
  const numbered = index === 0 || request.wantsJson ? text : `Candidate ${index + 1}: ${text}`
  return { reasoning: thinking ? textReasoning(request, plan) : undefined, text: numbered, toolCalls: [], finishReason: 'stop' }
}

function textReasoning({ tools }: OfflineRequest, plan: readonly PlannedCall[]): string {
  const count = plan.filter(({ result }) => result !== undefined).length
  if (count > 0)
    return `I follow rules. ${count === 1 ? 'One call has' : `${count} calls have`} a result, and nothing is left to call: I word the answer from what is there.`
  if (tools.length === 0) return 'I follow rules. There are no tools, so I can only say what I am.'
  return 'I follow rules. No tool fits these words, or none may be called.'
}
