import type { SimulatedPrices } from '../billing/prices.ts'
import { simulatedEndpoints } from '../endpoints/endpoints.ts'
import { checkFault, checkFaultRule } from '../faults/check-fault.ts'
import { checkModel } from './check-model.ts'
import type { ScriptedReply, ScriptedToolCall, SimulatorOptions, StrictOptions } from './options.ts'
import {
  type Check,
  callback,
  count,
  either,
  flag,
  json,
  limit,
  list,
  milliseconds,
  nothing,
  number,
  numberFrom,
  object,
  oneOf,
  record,
  text,
} from './shape.ts'

const toolCall: Check = object<ScriptedToolCall>({ name: text, input: json, id: text, index: count }, ['name', 'input'])

const replyKeys = object<ScriptedReply>({
  reasoning: text,
  text,
  toolCalls: list(toolCall),
  finishReason: either(nothing, text),
  usage: either(nothing, record(json)),
  chunks: list(json),
  status: numberFrom(100, 599, true),
  headers: record(text),
  body: json,
  delayMs: milliseconds,
  fault: checkFault,
})

/** The three forms of a reply: in parts, as exact chunks, or as an HTTP response. */
const forms: readonly (readonly (keyof ScriptedReply)[])[] = [['reasoning', 'text', 'toolCalls', 'finishReason', 'usage'], ['chunks'], ['status', 'body']]

const reply: Check = (value, path) => replyKeys(value, path) ?? mixedForms(value as ScriptedReply, path)

function mixedForms(scripted: ScriptedReply, path: string): string | undefined {
  const given = forms.map((keys) => keys.filter((key) => scripted[key] !== undefined)).filter((keys) => keys.length > 0)
  const [first, second] = given
  if (first === undefined || second === undefined) return undefined
  return `\`${path}\` has \`${first[0]}\` and \`${second[0]}\`, of which only one can be sent. A reply is ${forms.map((keys) => keys.join(', ')).join('; or ')}`
}

const strict: Check = object<StrictOptions>({
  unlistedParameters: flag,
  streamOptions: flag,
  toolChoice: flag,
  tokenLimitName: flag,
  rejectReasoning: flag,
  requireReasoning: flag,
  toolSchemas: flag,
  callIds: flag,
  alternatingRoles: flag,
  noTools: flag,
})

const prices: Check = object<SimulatedPrices>({ input: count, output: count, cachedInput: count, cacheWrite: either(record(count), count) }, [
  'input',
  'output',
])

const options: Check = object<SimulatorOptions>({
  port: numberFrom(0, 65_535, true),
  host: text,
  allowedHosts: list(text),
  apiKey: text,
  script: list(reply),
  respond: callback,
  faults: list(checkFaultRule),
  chunkDelayMs: milliseconds,
  seed: number,
  strict,
  endpoint: oneOf(Object.keys(simulatedEndpoints)),
  models: list(checkModel),
  contextTokens: numberFrom(1, Number.POSITIVE_INFINITY, true),
  prices: record(prices),
  now: callback,
  maxBodyBytes: limit,
  maxLogBytes: limit,
})

/**
 * Checks the options of `startSimulator`, the script and the faults in them included.
 *
 * @throws {TypeError} If a key is not known, is missing, or holds a value that it cannot hold. The message names the path and the nearest key.
 */
export function checkOptions(given: SimulatorOptions): void {
  const problem = options(given, '')
  if (problem !== undefined) throw new TypeError(`startSimulator: ${problem}${problem.endsWith('?') ? '' : '.'}`)
}

/**
 * Checks a reply that `respond` returned for a request.
 *
 * @throws {TypeError} As `checkOptions`.
 */
export function checkReply(given: unknown): asserts given is ScriptedReply {
  const problem = reply(given, 'respond()')
  if (problem !== undefined) throw new TypeError(`${problem}${problem.endsWith('?') ? '' : '.'}`)
}
