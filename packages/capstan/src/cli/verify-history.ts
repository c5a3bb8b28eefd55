import type { JsonObject, ToolChoice } from '@capstan/core'
import { type Finding, outputTokens, type Probed, question, weatherTool, yesNo } from './verify-finding.ts'
import { type Read, readRaw } from './verify-read.ts'
import type { Target } from './verify-target.ts'

interface HistoryOptions {
  readonly reasoning: boolean
  readonly id?: string
}

/** The messages after a call was answered, as the profile words them. */
function historyOf({ profile }: Target, { calls, reasoning, text }: Read, options: HistoryOptions): readonly JsonObject[] {
  const [call] = calls
  const id = options.id ?? call?.id ?? ''
  const field = Object.keys(reasoning)[0] ?? profile.reasoning.field
  const content = text !== '' ? { content: text } : profile.emptyContent === 'omit' ? {} : { content: profile.emptyContent }
  const assistant: JsonObject = {
    role: 'assistant',
    ...content,
    ...(options.reasoning && { [field]: reasoning[field] ?? '' }),
    tool_calls: [{ id, type: 'function', function: { name: call?.name ?? '', arguments: call?.arguments ?? '{}' } }],
  }
  return [{ role: 'user', content: question }, assistant, { role: 'tool', tool_call_id: id, content: '{"temperature": 4, "sky": "clear"}' }]
}

/** What the endpoint says to its own call sent back: with reasoning, without, and under another id. */
export async function checkPassBack(target: Target, called: Read): Promise<Probed> {
  const send = async (options: HistoryOptions): Promise<Read> =>
    readRaw(await target.send({ messages: historyOf(target, called, options), tools: [weatherTool], stream: false, [target.limitName]: outputTokens }))
  const { passBack } = target.profile.reasoning
  const wants = passBack === 'always' || passBack === 'every'
  const own = await send({ reasoning: passBack !== 'strip' })
  const without = wants ? await send({ reasoning: false }) : undefined
  const foreign = await send({ reasoning: passBack !== 'strip', id: 'call_capstan_1' })
  const found: Finding[] = [{ probe: 'history with its call', ...yesNo(isAnswered(own)), expected: 'an answer', seen: answerText(own) }]
  if (without !== undefined) {
    const isRefused = without.status === 400 && /reasoning/i.test(without.error)
    const state = isRefused ? 'ok' : isAnswered(without) ? 'note' : 'differs'
    found.push({ probe: 'history without reasoning', state, expected: 'refused with 400, naming the field', seen: answerText(without) })
  }
  const ids = target.profile.callIds === 'kimi' ? 'any: they are sent as functions.NAME:IDX' : 'an answer'
  found.push({
    probe: 'history with another id',
    state: isAnswered(foreign) ? 'ok' : target.profile.callIds === 'kimi' ? 'note' : 'differs',
    expected: ids,
    seen: answerText(foreign),
  })
  return { found, result: undefined }
}

function isAnswered({ status, text, calls }: Read): boolean {
  return status === 200 && (text.trim() !== '' || calls.length > 0)
}

function answerText(read: Read): string {
  if (read.status !== 200) return `${read.status}: ${read.error}`
  return isAnswered(read) ? 'an answer' : `neither text nor call, finish reason ${read.finish}`
}

const choices: readonly ToolChoice[] = ['auto', 'none', 'required']

/** What the endpoint says to each value of `tool_choice`, and whether it does what it says. */
export async function checkChoices(target: Target): Promise<Probed> {
  const { profile } = target
  if (!profile.tools.allowed) return { found: [], result: undefined }
  const { toolChoice, thinks } = profile
  const isThinking = thinks === 'always' || thinks === 'unless-disabled'
  const allowed = isThinking ? (toolChoice.whileThinking ?? toolChoice.values) : toolChoice.values
  const found: Finding[] = []
  for (const choice of choices) {
    const content = choice === 'required' ? 'Hello!' : question
    const body = { messages: [{ role: 'user', content }], tools: [weatherTool], tool_choice: choice, stream: false, [target.limitName]: outputTokens }
    const read = readRaw(await target.send(body))
    found.push(judgeChoice(choice, read, { isAllowed: allowed.includes(choice), isSure: toolChoice.onlyWhenAsked !== true }))
  }
  return { found, result: undefined }
}

interface Expectation {
  readonly isAllowed: boolean
  /** False where the parameter is not documented. */
  readonly isSure: boolean
}

function judgeChoice(choice: ToolChoice, read: Read, { isAllowed, isSure }: Expectation): Finding {
  const probe = `tool_choice ${choice}`
  const isTaken = read.status === 200
  const breaks = isTaken && ((choice === 'none' && read.calls.length > 0) || (choice === 'required' && read.calls.length === 0))
  const calls = read.calls.length === 0 ? 'no call' : 'a call'
  const seen = isTaken ? `taken, ${calls}` : `${read.status}: ${read.error}`
  if (isAllowed && isSure) return { probe, ...yesNo(isTaken && !breaks), expected: 'taken and heeded', seen }
  return { probe, state: isTaken === isAllowed && !breaks ? 'ok' : 'note', expected: isSure ? 'refused' : 'taken or refused', seen }
}
