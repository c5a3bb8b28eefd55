import { AgentError, type Json, type JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { type Finding, outputTokens, type Probed, question, weatherTool, yesNo } from './verify-finding.ts'
import { checkChoices, checkPassBack } from './verify-history.ts'
import { parseJson, type Read, readRaw } from './verify-read.ts'
import type { Target } from './verify-target.ts'

/** Runs all probes, one after another. Each is at most a few requests; what fails does not stop the others. */
export async function runProbes(target: Target, onFinding: (finding: Finding) => void): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const add = (...found: readonly Finding[]): void => {
    for (const finding of found) {
      findings.push(finding)
      onFinding(finding)
    }
  }
  const run = async <Result>(probe: string, body: () => Promise<{ found: readonly Finding[]; result: Result }>): Promise<Result | undefined> => {
    try {
      const { found, result } = await body()
      add(...found)
      return result
    } catch (error) {
      if (!AgentError.is(error) || error.code === 'aborted' || error.code === 'missing-key') throw error
      add({ probe, state: 'failed', expected: 'an answer', seen: `${error.code}: ${error.message}` })
      return undefined
    }
  }
  const first = await run('answer', () => checkAnswer(target))
  if (first !== true) return findings
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

async function checkAnswer(target: Target): Promise<Probed<boolean>> {
  const read = readRaw(
    await target.send({ messages: [{ role: 'user', content: 'Reply with the one word: ok' }], stream: false, [target.limitName]: outputTokens }),
  )
  if (read.status !== 200) {
    return { found: [{ probe: 'answer', state: 'failed', expected: 'status 200', seen: `status ${read.status}: ${read.error}` }], result: false }
  }
  const hasAnswer = read.text.trim() !== '' && read.finish === 'stop'
  return {
    found: [
      {
        probe: 'answer',
        state: hasAnswer ? 'ok' : 'differs',
        expected: 'text, finish reason stop',
        seen: `${read.text === '' ? 'no text' : 'text'}, finish reason ${read.finish}`,
      },
      {
        probe: 'usage',
        ...yesNo(read.usage !== undefined),
        expected: 'usage in the body',
        seen: read.usage === undefined ? 'none' : Object.keys(read.usage).join(', '),
      },
    ],
    result: true,
  }
}

async function checkStream(target: Target): Promise<Probed<undefined>> {
  const { profile } = target
  const body = { messages: [{ role: 'user', content: 'Reply with the one word: ok' }], stream: true, [target.limitName]: outputTokens }
  const asked = profile.streamUsage !== 'no'
  let read = readRaw(await target.send({ ...body, ...(asked && { stream_options: { include_usage: true } }) }))
  const found: Finding[] = []
  if (asked) {
    const isTaken = read.status === 200
    const state = isTaken ? 'ok' : profile.streamUsage === 'try' ? 'note' : 'differs'
    found.push({
      probe: 'stream_options',
      state,
      expected: profile.streamUsage === 'try' ? 'taken or refused' : 'taken',
      seen: isTaken ? 'taken' : `${read.status}: ${read.error}`,
    })
    if (!isTaken) read = readRaw(await target.send(body))
  }
  const places = read.usagePlaces.join(' and ')
  found.push({ probe: 'usage in streams', ...yesNo(places !== ''), expected: 'reported once or more', seen: places === '' ? 'nowhere' : `in ${places}` })
  found.push(checkEnd(target, read), ...checkReasoningField(target, read))
  return { found, result: undefined }
}

function checkEnd({ profile }: Target, { hasDone, finish, status }: Read): Finding {
  const isWhole = status === 200 && finish !== undefined
  const needsDone = profile.needsDone === true
  return {
    probe: 'end of streams',
    state: !isWhole || (needsDone && !hasDone) ? 'differs' : hasDone ? 'ok' : 'note',
    expected: needsDone ? 'a finish reason and [DONE]' : 'a finish reason, best with [DONE]',
    seen: `${finish === undefined ? 'no finish reason' : `finish reason ${finish}`}, ${hasDone ? '[DONE]' : 'no [DONE]'}`,
  }
}

function checkReasoningField({ profile }: Target, { reasoning }: Read): readonly Finding[] {
  const fields = Object.keys(reasoning).filter((field) => reasoning[field] !== '')
  const expected = profile.reasoning.field
  if (fields.length === 0) {
    return profile.thinks === 'always' ? [{ probe: 'reasoning', state: 'note', expected: `in ${expected}`, seen: 'none' }] : []
  }
  return [{ probe: 'reasoning', state: fields.includes(expected) ? 'ok' : 'note', expected: `in ${expected}`, seen: `in ${fields.join(' and ')}` }]
}

const markup = /<[|｜]tool[_▁]call|<[|｜]{1,2}DSML[|｜]/i

async function checkToolCall(target: Target): Promise<Probed<Read | undefined>> {
  const { profile } = target
  if (!profile.tools.allowed) return { found: [{ probe: 'tool call', state: 'skipped', expected: '', seen: 'the profile refuses tools' }], result: undefined }
  const read = readRaw(
    await target.send({ messages: [{ role: 'user', content: question }], tools: [weatherTool], stream: true, [target.limitName]: outputTokens }),
  )
  const [call] = read.calls
  const seen = call === undefined ? whyNoCall(read) : `${call.name}, finish reason ${read.finish}`
  const isRight = call?.name === 'get_weather' && read.finish === 'tool_calls'
  const found: Finding[] = [
    { probe: 'tool call', state: isRight ? 'ok' : call?.name === 'get_weather' ? 'note' : 'differs', expected: 'get_weather, finish reason tool_calls', seen },
  ]
  if (call === undefined) return { found, result: undefined }
  const input = parseJson(call.arguments === '' ? '{}' : call.arguments)
  const fits = isJsonObject(input) && typeof input['city'] === 'string'
  found.push({ probe: 'arguments', ...yesNo(fits), expected: 'JSON that fits the schema', seen: call.arguments.slice(0, 80) }, checkId(target, call.id))
  return { found, result: fits ? read : undefined }
}

function whyNoCall({ text, reasoning, finish, error }: Read): string {
  if ([text, ...Object.values(reasoning)].some((said) => markup.test(said))) return 'its own markup instead of a call'
  return `no call, finish reason ${finish}${error === '' ? '' : `: ${error}`}`
}

function checkId({ profile }: Target, id: string): Finding {
  const isKimi = profile.callIds === 'kimi' || profile.schemas === 'mfjs'
  const isCanonical = /^(?:functions\.)?get_weather:\d+$/.test(id)
  return {
    probe: 'ids of calls',
    state: id === '' ? 'differs' : !isKimi || isCanonical ? 'ok' : 'note',
    expected: isKimi ? 'functions.NAME:IDX' : 'any',
    seen: id === '' ? 'none' : id,
  }
}

const shortLimit = 16

async function checkLimit(target: Target): Promise<Probed<undefined>> {
  const body = { messages: [{ role: 'user', content: 'Write the numbers from 1 to 500, each on a line.' }], stream: false, [target.limitName]: shortLimit }
  const read = readRaw(await target.send(body))
  const tokens = read.usage?.['completion_tokens']
  const holds = read.status === 200 && read.finish === 'length'
  return {
    found: [
      {
        probe: 'output limit',
        ...yesNo(holds),
        expected: `${target.limitName}: finish reason length`,
        seen: read.status === 200 ? `finish reason ${read.finish}, ${String(tokens ?? 'unknown')} tokens` : `${read.status}: ${read.error}`,
      },
    ],
    result: undefined,
  }
}

/** A schema of what flavours differ about, that any value of the plain kind fits. */
const wideSchema: JsonObject = {
  type: 'object',
  properties: {
    city: { type: 'string', pattern: '^.', minLength: 1 },
    unit: { oneOf: [{ const: 'celsius' }, { const: 'fahrenheit' }] },
    days: { type: ['integer', 'null'], exclusiveMinimum: 0 },
  },
  required: ['city'],
}

async function checkSchemas(target: Target): Promise<Probed<undefined>> {
  const { profile, adapted } = target
  if (!profile.tools.allowed) return { found: [], result: undefined }
  const tool = { type: 'function', function: { name: 'get_weather', description: 'Current weather of a city.', parameters: wideSchema } }
  const raw = readRaw(
    await target.send({ messages: [{ role: 'user', content: 'Reply with the one word: ok' }], tools: [tool], stream: false, [target.limitName]: outputTokens }),
  )
  const isFree = (profile.schemas ?? 'free') === 'free'
  const isTaken = raw.status === 200
  const found: Finding[] = [
    {
      probe: 'any JSON Schema',
      state: isTaken === isFree ? 'ok' : isTaken ? 'note' : 'differs',
      expected: isFree ? 'taken' : `refused: ${profile.schemas} alone`,
      seen: isTaken ? 'taken' : `${raw.status}: ${raw.error}`,
    },
  ]
  if (isFree) return { found, result: undefined }
  const request = {
    messages: [{ role: 'user', content: 'Reply with the one word: ok' }],
    tools: [{ name: 'get_weather', description: 'Current weather of a city.', inputSchema: wideSchema }],
  } as const
  const lowered = await adapted.complete(request).then(
    () => 'taken',
    (error: unknown) => (AgentError.is(error) ? error.message : String(error)),
  )
  found.push({ probe: `schema as ${profile.schemas}`, ...yesNo(lowered === 'taken'), expected: 'taken', seen: lowered })
  return { found, result: undefined }
}

/** Values that a locked parameter does not have. */
const otherValues: Readonly<Record<string, Json>> = { temperature: 0.3, top_p: 0.5, n: 2, presence_penalty: 0.5, frequency_penalty: 0.5 }

async function checkLocked(target: Target): Promise<Probed<undefined>> {
  const locked = Object.values(target.profile.parameters).filter((rule) => rule.kind === 'refused' && /is fixed/.test(rule.because) && rule.wire in otherValues)
  const [rule] = locked
  if (rule === undefined) return { found: [], result: undefined }
  const body = { messages: [{ role: 'user', content: 'Reply with the one word: ok' }], stream: false, [target.limitName]: outputTokens }
  const read = readRaw(await target.send({ ...body, [rule.wire]: otherValues[rule.wire] ?? 0 }))
  const isRefused = read.status === 400
  return {
    found: [
      { probe: `locked ${rule.wire}`, state: isRefused ? 'ok' : 'note', expected: 'refused with 400', seen: isRefused ? read.error : `status ${read.status}` },
    ],
    result: undefined,
  }
}

async function checkUnknownModel(target: Target): Promise<Probed<undefined>> {
  const read = readRaw(
    await target.send({ model: 'no-such-model', messages: [{ role: 'user', content: 'Hi' }], stream: false, [target.limitName]: shortLimit }),
  )
  const isRefused = read.status >= 400 && read.status < 500
  return {
    found: [
      {
        probe: 'unknown model',
        state: isRefused ? 'ok' : 'note',
        expected: 'a status from 400 to 499',
        seen: `${read.status}${read.error === '' ? '' : `: ${read.error}`}`,
      },
    ],
    result: undefined,
  }
}
