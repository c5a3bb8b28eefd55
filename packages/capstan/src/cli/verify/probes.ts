import { parameterNames, parameterRule } from '@capstan/adapters'
import { AgentError, type Json, type JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { type Finding, found, okIf, type Probed, shortQuestion, weatherQuestion, weatherTool } from './finding.ts'
import { checkChoices, checkPassBack } from './history.ts'
import type { Target } from './target.ts'
import { parseJson, type WireReply } from './wire-reply.ts'

/** The most requests that all probes send together. */
export const maxProbeRequests = 20

/** Runs all probes one after the other. A failed probe does not stop the others, except the first one. */
export async function runProbes(target: Target, onFinding: (finding: Finding) => void): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const add = (finding: Finding): void => {
    findings.push(finding)
    onFinding(finding)
  }
  const run = async <Result>(probe: string, body: () => Promise<Probed<Result>>): Promise<Result | undefined> => {
    try {
      const probed = await body()
      probed.found.forEach(add)
      return probed.result
    } catch (error) {
      if (!AgentError.is(error) || error.code === 'aborted' || error.code === 'missing-key') throw error
      add({ probe, state: 'failed', expected: 'a response', seen: `${error.code}: ${error.message}` })
      return undefined
    }
  }
  const isServed = await run('answer', () => checkAnswer(target))
  if (isServed !== true) return findings
  await run('stream', () => checkStream(target))
  const called = await run('tool call', () => checkToolCall(target))
  if (called !== undefined) await run('history', () => checkPassBack(target, called))
  await run('tool choice', () => checkChoices(target))
  await run('output limit', () => checkLimit(target))
  await run('schemas', () => checkSchemas(target))
  await run('locked', () => checkLocked(target))
  await run('unknown model', () => checkUnknownModel(target))
  return findings
}

async function checkAnswer({ send }: Target): Promise<Probed<boolean>> {
  const { status, error, text, finish, usage } = await send({ messages: [shortQuestion] })
  if (status !== 200) return { found: [{ probe: 'answer', state: 'failed', expected: 'status 200', seen: `status ${status}: ${error}` }], result: false }
  const answer: Finding = {
    probe: 'answer',
    ...okIf(text.trim() !== '' && finish === 'stop'),
    expected: 'text, finish reason stop',
    seen: `${text === '' ? 'no text' : 'text'}, finish reason ${finish}`,
  }
  const fields = usage === undefined ? 'none' : Object.keys(usage).join(', ')
  return { found: [answer, { probe: 'usage', ...okIf(usage !== undefined), expected: 'usage in the body', seen: fields }], result: true }
}

async function checkStream(target: Target): Promise<Probed> {
  const { streamUsage } = target.profile
  const body = { messages: [shortQuestion], stream: true }
  const findings: Finding[] = []
  let reply = await target.send(streamUsage === 'no' ? body : { ...body, stream_options: { include_usage: true } })
  if (streamUsage !== 'no') {
    const isOptional = streamUsage === 'try'
    const state = reply.status === 200 ? 'ok' : isOptional ? 'note' : 'differs'
    findings.push({ probe: 'stream_options', state, expected: isOptional ? 'accepted or refused' : 'accepted', seen: acceptedText(reply) })
    if (reply.status !== 200) reply = await target.send(body)
  }
  const positions = reply.usagePositions.join(' and ')
  const seen = positions === '' ? 'nowhere' : `in ${positions}`
  findings.push({ probe: 'usage in streams', ...okIf(positions !== ''), expected: 'reported at least once', seen })
  return found(...findings, checkEnd(target, reply), ...checkReasoningField(target, reply))
}

function acceptedText({ status, error }: WireReply): string {
  return status === 200 ? 'accepted' : `${status}: ${error}`
}

function checkEnd({ profile }: Target, { hasDone, finish, status }: WireReply): Finding {
  const isComplete = status === 200 && finish !== undefined
  const needsDone = profile.needsDone === true
  return {
    probe: 'end of streams',
    state: !isComplete || (needsDone && !hasDone) ? 'differs' : hasDone ? 'ok' : 'note',
    expected: needsDone ? 'a finish reason and [DONE]' : 'a finish reason, preferably with [DONE]',
    seen: `${finish === undefined ? 'no finish reason' : `finish reason ${finish}`}, ${hasDone ? '[DONE]' : 'no [DONE]'}`,
  }
}

function checkReasoningField({ profile }: Target, { reasoning }: WireReply): readonly Finding[] {
  const fields = Object.keys(reasoning).filter((field) => reasoning[field] !== '')
  const { field } = profile.reasoning
  if (fields.length === 0 && profile.thinks !== 'always') return []
  const seen = fields.length === 0 ? 'none' : `in ${fields.join(' and ')}`
  return [{ probe: 'reasoning', state: fields.includes(field) ? 'ok' : 'note', expected: `in ${field}`, seen }]
}

const markup = /<[|｜]tool[_▁]call|<[|｜]{1,2}DSML[|｜]/i

async function checkToolCall({ profile, send }: Target): Promise<Probed<WireReply | undefined>> {
  if (!profile.tools.allowed) return found({ probe: 'tool call', state: 'skipped', expected: '', seen: 'the profile refuses tools' })
  const reply = await send({ messages: [weatherQuestion], tools: [weatherTool], stream: true })
  const [call] = reply.calls
  const isNamed = call?.name === 'get_weather'
  const made: Finding = {
    probe: 'tool call',
    state: !isNamed ? 'differs' : reply.finish === 'tool_calls' ? 'ok' : 'note',
    expected: 'get_weather, finish reason tool_calls',
    seen: call === undefined ? whyNoCall(reply) : `${call.name}, finish reason ${reply.finish}`,
  }
  if (call === undefined) return found(made)
  const input = parseJson(call.arguments === '' ? '{}' : call.arguments)
  const isValid = isJsonObject(input) && typeof input['city'] === 'string'
  const fits: Finding = { probe: 'arguments', ...okIf(isValid), expected: 'JSON that is valid for the schema', seen: call.arguments.slice(0, 80) }
  return { found: [made, fits, checkId(profile, call.id)], result: isValid ? reply : undefined }
}

function whyNoCall({ text, reasoning, finish, error }: WireReply): string {
  if ([text, ...Object.values(reasoning)].some((said) => markup.test(said))) return 'markup of the model in place of a call'
  return `no call, finish reason ${finish}${error === '' ? '' : `: ${error}`}`
}

function checkId({ callIds, schemas }: Target['profile'], id: string): Finding {
  const isKimi = callIds === 'kimi' || schemas === 'mfjs'
  const isCanonical = /^(?:functions\.)?get_weather:\d+$/.test(id)
  return {
    probe: 'ids of calls',
    state: id === '' ? 'differs' : !isKimi || isCanonical ? 'ok' : 'note',
    expected: isKimi ? 'functions.NAME:IDX' : 'any',
    seen: id === '' ? 'none' : id,
  }
}

const shortLimit = 16

async function checkLimit({ send, limitName }: Target): Promise<Probed> {
  const message = { role: 'user', content: 'Write the numbers from 1 to 500, each on a line.' }
  const reply = await send({ messages: [message], [limitName]: shortLimit })
  const { status, finish, usage } = reply
  const seen = status === 200 ? `finish reason ${finish}, ${String(usage?.['completion_tokens'] ?? 'unknown')} tokens` : acceptedText(reply)
  return found({ probe: 'output limit', ...okIf(status === 200 && finish === 'length'), expected: `${limitName}: finish reason length`, seen })
}

/** A schema with the keywords in which schema dialects differ. */
const wideSchema: JsonObject = {
  type: 'object',
  properties: {
    city: { type: 'string', pattern: '^.', minLength: 1 },
    unit: { oneOf: [{ const: 'celsius' }, { const: 'fahrenheit' }] },
    days: { type: ['integer', 'null'], exclusiveMinimum: 0 },
  },
  required: ['city'],
}

async function checkSchemas({ profile, adapted, send }: Target): Promise<Probed> {
  if (!profile.tools.allowed) return found()
  const { name, description } = weatherTool.function
  const reply = await send({ messages: [shortQuestion], tools: [{ type: 'function', function: { name, description, parameters: wideSchema } }] })
  const dialect = profile.schemas ?? 'free'
  const isFree = dialect === 'free'
  const isAccepted = reply.status === 200
  const raw: Finding = {
    probe: 'any JSON Schema',
    state: isAccepted === isFree ? 'ok' : isAccepted ? 'note' : 'differs',
    expected: isFree ? 'accepted' : `refused: only ${dialect} is accepted`,
    seen: acceptedText(reply),
  }
  if (isFree) return found(raw)
  const lowered = await adapted.complete({ messages: [shortQuestion], tools: [{ name, description, inputSchema: wideSchema }] }).then(
    () => 'accepted',
    (error: unknown) => (AgentError.is(error) ? error.message : String(error)),
  )
  return found(raw, { probe: `schema as ${dialect}`, ...okIf(lowered === 'accepted'), expected: 'accepted', seen: lowered })
}

/** Values that differ from those of locked parameters. */
const otherValues: Readonly<Record<string, Json>> = { temperature: 0.3, top_p: 0.5, n: 2, presence_penalty: 0.5, frequency_penalty: 0.5 }

async function checkLocked({ profile, send }: Target): Promise<Probed> {
  const rules = parameterNames.map((name) => parameterRule(name, profile))
  const rule = rules.find((one) => one?.kind === 'refused' && /is fixed/.test(one.because ?? '') && one.wire in otherValues)
  if (rule === undefined) return found()
  const { status, error } = await send({ messages: [shortQuestion], [rule.wire]: otherValues[rule.wire] ?? 0 })
  const isRefused = status === 400
  return found({
    probe: `locked ${rule.wire}`,
    state: isRefused ? 'ok' : 'note',
    expected: 'refused with 400',
    seen: isRefused ? error : `status ${status}`,
  })
}

async function checkUnknownModel({ send, limitName }: Target): Promise<Probed> {
  const { status, error } = await send({ model: 'no-such-model', messages: [{ role: 'user', content: 'Hi' }], [limitName]: shortLimit })
  return found({
    probe: 'unknown model',
    state: status >= 400 && status < 500 ? 'ok' : 'note',
    expected: 'a status from 400 to 499',
    seen: `${status}${error === '' ? '' : `: ${error}`}`,
  })
}
