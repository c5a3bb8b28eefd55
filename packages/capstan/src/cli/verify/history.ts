import type { JsonObject, ToolChoice } from '@capstan/core'
import { type Finding, found, okIf, type Probed, weatherQuestion, weatherTool } from './finding.ts'
import type { Target } from './target.ts'
import type { WireReply } from './wire-reply.ts'

interface HistoryOptions {
  readonly reasoning: boolean
  /** Replaces the id that the endpoint gave to the call. */
  readonly id?: string
}

/** The messages after a call and its result, as the profile encodes them. */
function historyOf({ profile }: Target, { calls: [call], reasoning, text }: WireReply, options: HistoryOptions): readonly JsonObject[] {
  const id = options.id ?? call?.id ?? ''
  const field = Object.keys(reasoning)[0] ?? profile.reasoning.field
  const content = text !== '' ? { content: text } : profile.emptyContent === 'omit' ? {} : { content: profile.emptyContent }
  const assistant: JsonObject = {
    role: 'assistant',
    ...content,
    ...(options.reasoning && { [field]: reasoning[field] ?? '' }),
    tool_calls: [{ id, type: 'function', function: { name: call?.name ?? '', arguments: call?.arguments ?? '{}' } }],
  }
  return [weatherQuestion, assistant, { role: 'tool', tool_call_id: id, content: '{"temperature": 4, "sky": "clear"}' }]
}

/** Sends a call of the endpoint back to it: with reasoning, without reasoning, and with another id. */
export async function checkPassBack(target: Target, called: WireReply): Promise<Probed> {
  const send = async (options: HistoryOptions): Promise<WireReply> => await target.send({ messages: historyOf(target, called, options), tools: [weatherTool] })
  const { passBack } = target.profile.reasoning
  const isKimi = target.profile.callIds === 'kimi'
  const own = await send({ reasoning: passBack !== 'strip' })
  const without = passBack === 'always' || passBack === 'every' ? [withoutReasoning(await send({ reasoning: false }))] : []
  const foreign = await send({ reasoning: passBack !== 'strip', id: 'call_capstan_1' })
  return found({ probe: 'history with its call', ...okIf(hasReply(own)), expected: 'a reply', seen: replyText(own) }, ...without, {
    probe: 'history with another id',
    state: hasReply(foreign) ? 'ok' : isKimi ? 'note' : 'differs',
    expected: isKimi ? 'any: ids are sent as functions.NAME:IDX' : 'a reply',
    seen: replyText(foreign),
  })
}

function withoutReasoning(reply: WireReply): Finding {
  const isRefused = reply.status === 400 && /reasoning/i.test(reply.error)
  const state = isRefused ? 'ok' : hasReply(reply) ? 'note' : 'differs'
  return { probe: 'history without reasoning', state, expected: 'refused with 400, naming the field', seen: replyText(reply) }
}

function hasReply({ status, text, calls }: WireReply): boolean {
  return status === 200 && (text.trim() !== '' || calls.length > 0)
}

function replyText(reply: WireReply): string {
  if (reply.status !== 200) return `${reply.status}: ${reply.error}`
  return hasReply(reply) ? 'a reply' : `neither text nor call, finish reason ${reply.finish}`
}

const choices: readonly ToolChoice[] = ['auto', 'none', 'required']

/** Sends each value of `tool_choice` and checks whether the endpoint obeys it. */
export async function checkChoices({ profile, send }: Target): Promise<Probed> {
  if (!profile.tools.allowed) return found()
  const { toolChoice, thinks } = profile
  const isThinking = thinks === 'always' || thinks === 'unless-disabled'
  const allowed = isThinking ? (toolChoice.whileThinking ?? toolChoice.values) : toolChoice.values
  const findings: Finding[] = []
  for (const choice of choices) {
    const message = choice === 'required' ? { role: 'user', content: 'Hello!' } : weatherQuestion
    const reply = await send({ messages: [message], tools: [weatherTool], tool_choice: choice })
    findings.push(judgeChoice(choice, reply, { isAllowed: allowed.includes(choice), isDocumented: toolChoice.onlyWhenAsked !== true }))
  }
  return found(...findings)
}

interface Expectation {
  readonly isAllowed: boolean
  readonly isDocumented: boolean
}

function judgeChoice(choice: ToolChoice, { status, calls, error }: WireReply, { isAllowed, isDocumented }: Expectation): Finding {
  const probe = `tool_choice ${choice}`
  const isAccepted = status === 200
  const isDisobeyed = isAccepted && ((choice === 'none' && calls.length > 0) || (choice === 'required' && calls.length === 0))
  const seen = isAccepted ? `accepted, ${calls.length === 0 ? 'no call' : 'a call'}` : `${status}: ${error}`
  if (isAllowed && isDocumented) return { probe, ...okIf(isAccepted && !isDisobeyed), expected: 'accepted and obeyed', seen }
  const expected = isDocumented ? 'refused' : 'accepted or refused'
  return { probe, state: isAccepted === isAllowed && !isDisobeyed ? 'ok' : 'note', expected, seen }
}
