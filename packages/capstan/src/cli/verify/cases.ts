import { readFileSync } from 'node:fs'
import { AgentError, type Json, type JsonObject } from '@capstan/core'
import { defaultAttempts, isJsonObject, retryDelayMs, sleep } from '@capstan/core/internal'
import { jsonSchema } from '@capstan/tools'
import { UsageError } from '../command-line.ts'
import { weatherTool } from './finding.ts'
import type { CaseResult } from './score.ts'
import type { Target } from './target.ts'
import { parseJson, type WireCall } from './wire-reply.ts'

const search = {
  type: 'function',
  function: {
    name: 'search_orders',
    description: 'Finds orders of a customer.',
    parameters: {
      type: 'object',
      properties: {
        customer: { type: 'object', properties: { name: { type: 'string' }, country: { type: 'string', enum: ['DE', 'FR', 'US'] } }, required: ['name'] },
        limit: { type: 'integer', minimum: 1, maximum: 50 },
        tags: { type: 'array', items: { type: 'string' } },
      },
      required: ['customer'],
    },
  },
}
const time = { type: 'function', function: { name: 'get_time', description: 'Current time in UTC.', parameters: { type: 'object', properties: {} } } }

const builtIn: readonly JsonObject[] = [
  'What is the weather in Oslo?',
  'What is the weather in Oslo, in São Paulo and in 上海?',
  'What time is it in UTC?',
  'Find at most 5 orders of Ada Lovelace from France that are tagged "late" and "gift".',
  'Find the orders of O\'Neill "Jr." \\ Sons.',
  'What time is it, and what is the weather in Rome?',
  'Thank you, that was all. Good bye!',
  'What is 2 + 2? Answer without any tool.',
].map((content) => ({ messages: [{ role: 'user', content }], tools: [weatherTool, search, time] }))

/**
 * Reads cases: a request body or `{ messages, tools }` on each line.
 *
 * @throws {UsageError} For a file that cannot be read or has other content.
 */
export function readCases(path: string | undefined): readonly JsonObject[] {
  if (path === undefined) return builtIn
  return readLines(path).map((value, index) => {
    const body = isJsonObject(value['body']) ? value['body'] : isJsonObject(value['request']) ? value['request'] : value
    if (!Array.isArray(body['messages']) || !Array.isArray(body['tools'])) throw new UsageError(`${path}:${index + 1}: a case needs messages and tools.`)
    return body
  })
}

/** Finish reasons of another run by case number. Reads what `--save` writes, and results of K2-Vendor-Verifier. */
export function readReference(path: string): ReadonlyMap<number, string> {
  const results = readLines(path).map((value, index): readonly [number, string] => {
    const number = value['case'] ?? value['data_index'] ?? index
    const finish = value['finishReason'] ?? value['finish_reason']
    if (typeof finish !== 'string') throw new UsageError(`${path}:${index + 1}: a result needs a finish reason.`)
    return [Number(number), finish]
  })
  return new Map(results)
}

function readLines(path: string): readonly JsonObject[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new UsageError(`${path} cannot be read.`)
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line, index) => {
    const value = parseJson(line)
    if (!isJsonObject(value)) throw new UsageError(`${path}:${index + 1}: expected a JSON object.`)
    return value
  })
}

const concurrency = 4

/** Sends the cases, four at a time. A case that gets status 429 or 5xx is sent again, at most twice. */
export async function runCases(target: Target, cases: readonly JsonObject[], signal: AbortSignal): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = []
  const waiting = cases.entries()
  const work = async (): Promise<void> => {
    for (const [index, body] of waiting) results.push(await runCase(target, body, { index, signal }))
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, cases.length) }, work))
  return results.toSorted((left, right) => left.case - right.case)
}

async function runCase(target: Target, body: JsonObject, { index, signal }: { readonly index: number; readonly signal: AbortSignal }): Promise<CaseResult> {
  const { model: _model, stream: _stream, stream_options: _options, max_tokens: limit, ...rest } = body
  for (let attempt = 1; ; attempt++) {
    const { status, error, finish, calls } = await target.send({ ...rest, ...(limit !== undefined && { [target.limitName]: limit }) })
    const isBusy = status === 429 || status >= 500
    const busy = new AgentError('busy', { code: 'provider-overloaded', retryable: true })
    const delayMs = isBusy ? retryDelayMs(busy, attempt, { ...defaultAttempts, random: Math.random() }) : undefined
    if (delayMs !== undefined) {
      await sleep(delayMs, signal)
      continue
    }
    if (status !== 200) return { case: index, finishReason: 'error', calls: 0, problem: `${status}: ${error}` }
    const finishReason = finish ?? 'none'
    if (calls.length === 0) return { case: index, finishReason, calls: 0, ...(finishReason === 'tool_calls' && { valid: false, problem: 'no calls' }) }
    const problem = await problemOf(calls, body['tools'])
    return { case: index, finishReason, calls: calls.length, valid: problem === undefined, ...(problem !== undefined && { problem }) }
  }
}

async function problemOf(calls: readonly WireCall[], tools: Json | undefined): Promise<string | undefined> {
  for (const call of calls) {
    const schema = schemaOf(call.name, tools)
    if (schema === undefined) return `there is no tool '${call.name}'`
    const input = parseJson(call.arguments === '' ? '{}' : call.arguments)
    if (input === undefined) return `the arguments of ${call.name} are not JSON`
    const { issues } = await jsonSchema(schema)['~standard'].validate(input)
    if (issues !== undefined) return `the arguments of ${call.name} are not valid: ${issues[0]?.message ?? 'unknown'}`
  }
  return undefined
}

function schemaOf(name: string, tools: Json | undefined): JsonObject | undefined {
  for (const tool of Array.isArray(tools) ? tools : []) {
    const described: Json | undefined = isJsonObject(tool) ? tool['function'] : undefined
    if (isJsonObject(described) && described['name'] === name) return isJsonObject(described['parameters']) ? described['parameters'] : { type: 'object' }
  }
  return undefined
}
