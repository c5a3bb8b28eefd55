import type { RunEvent } from '@capstan/core'
import type { Fault, ScriptedReply, ScriptedToolCall } from '@capstan/simulator'
import type { ModelName } from '../lab/observe.ts'
import type { Random } from '../lab/random.ts'

/** One run of chaos, as its seed makes it. */
export interface Plan {
  readonly model: ModelName
  readonly mode: 'generate' | 'stream'
  readonly replies: readonly ScriptedReply[]
  /** Aborts at the event of this type with this number, from 1. */
  readonly abortAt: { readonly type: RunEvent['type']; readonly count: number } | undefined
  /** Closes the iterator after so many events. */
  readonly leaveAfter: number | undefined
}

export const toolNames = ['pay_bill', 'look_up', 'fail', 'hang', 'odd_output'] as const
const abortable = ['attempt', 'reasoning-delta', 'text-delta', 'tool-call-delta', 'message-end', 'tool-start', 'tool-end', 'step-retry', 'step-end'] as const
const places = ['before-headers', 'after-headers', 'mid-stream', 'before-finish', 'before-done'] as const

/** Makes a plan: a few steps, about half of them with a fault, and sometimes an abort. */
export function makePlan(random: Random): Plan {
  const steps = 1 + random.below(4)
  const replies = Array.from({ length: steps * 3 + 3 }, (_, index): ScriptedReply => {
    const reply = index < steps && random.chance(0.7) ? callingReply(random) : speakingReply(random)
    return random.chance(0.45) ? { ...reply, fault: randomFault(random) } : reply
  })
  return {
    model: random.pick(['kimi-k2-thinking', 'deepseek-chat']),
    mode: random.pick(['generate', 'stream']),
    replies,
    abortAt: random.chance(0.2) ? { type: random.pick(abortable), count: 1 + random.below(3) } : undefined,
    leaveAfter: random.chance(0.08) ? 1 + random.below(20) : undefined,
  }
}

function speakingReply(random: Random): ScriptedReply {
  return { ...thinking(random), text: random.pick(['Done.', 'One two three four five six.', '“Zoë” 😀 你好', '', 'x'.repeat(500)]) }
}

function callingReply(random: Random): ScriptedReply {
  const toolCalls = Array.from(
    { length: 1 + random.below(3) },
    (): ScriptedToolCall => ({ name: random.chance(0.05) ? 'unknown' : random.pick(toolNames), input: randomInput(random) }),
  )
  return { ...thinking(random), ...(random.chance(0.2) && { text: 'I shall see.' }), toolCalls }
}

function thinking(random: Random): ScriptedReply {
  return random.chance(0.5) ? { reasoning: random.pick(['Let me think.', 'Hm, and again, and once more.', '']) } : {}
}

function randomInput(random: Random): ScriptedToolCall['input'] {
  return random.pick<ScriptedToolCall['input']>([
    { amount: 5 },
    { amount: random.below(1_000) },
    { word: '“Zoë” 😀' },
    {},
    '{"amount": 5',
    'null',
    { amount: 'five' },
  ])
}

const faultMakers: readonly ((random: Random) => Fault)[] = [
  (random) => ({
    kind: 'status',
    status: random.pick([400, 401, 402, 404, 408, 409, 413, 422, 429, 500, 502, 503, 529]),
    retryAfter: random.pick(['0', '0', 'abc', '3600']),
  }),
  (random) => ({ kind: random.pick(['reset', 'close']), at: random.pick(places) }),
  (random) => ({ kind: random.pick(['reset', 'close']), at: { bytes: random.below(2_000) } }),
  (random) => ({ kind: 'cut', bytes: random.below(3_000), end: random.pick(['end', 'close', 'reset']) }),
  (random) => ({ kind: 'stall', at: random.pick([...places, 'after-done']), ...(random.chance(0.5) && { keepAliveMs: 10 }) }),
  (random) => ({ kind: 'chunking', sizes: [1 + random.below(9), 1 + random.below(99)] }),
  () => ({ kind: 'keep-alive', count: 3, everyMs: 1 }),
  (random) => ({ kind: 'malformed', event: 1 + random.below(8) }),
  (random) => ({ kind: 'duplicate', event: 1 + random.below(8) }),
  (random) => ({ kind: 'no-finish', done: random.chance(0.5) }),
  () => ({ kind: 'no-done' }),
  () => ({ kind: 'after-done' }),
  () => ({ kind: 'html' }),
  () => ({ kind: 'length' }),
  (random) => ({ kind: 'empty', reasoning: random.chance(0.5) }),
  (random) => ({
    kind: 'finish-reason',
    value: random.pick(['content_filter', 'insufficient_system_resource', 'moonlight', 'length', 'tool_calls', 'stop', 'network_error']),
  }),
  (random) => ({ kind: 'error-event', at: random.pick(['first', 'mid-stream']), named: random.chance(0.5), code: random.pick(['500', '429', '401', 'odd']) }),
  (random) => ({
    kind: 'leaked-markup',
    grammar: random.pick(['kimi', 'deepseek-v3', 'deepseek-v3.1', 'deepseek-v3.2', 'deepseek-v4', 'deepseek-v4.1']),
    into: random.pick(['text', 'reasoning']),
  }),
  (random) => ({ kind: 'usage', value: random.pick(['missing', 'every-event', 'negative', 'text', 'fraction']) }),
  () => ({ kind: 'content-type', value: 'text/plain' }),
  (random) => ({ kind: 'line-ending', value: random.pick(['cr', 'crlf']) }),
  () => ({ kind: 'huge-event', bytes: 40_000 }),
  (random) => ({ kind: 'flood', of: random.pick(['blank-lines', 'comments']), count: 2_000 }),
  () => ({ kind: 'redirect' }),
  (random) => ({ kind: 'gzip', corrupt: random.chance(0.5) }),
  (random) => ({ kind: 'content-length', by: random.below(400) - 200 }),
  (random) => ({ kind: 'json-body', of: random.pick(['completion', 'error', 'envelope']) }),
  () => ({ kind: 'garbage' }),
  (random) => ({ kind: 'cut-headers', bytes: random.below(120), end: random.pick(['close', 'reset']) }),
  () => ({ kind: 'bad-chunk' }),
  () => ({ kind: 'hang-up' }),
  (random) => ({ kind: 'invalid-utf8', of: random.pick(['lone', 'overlong', 'truncated', 'surrogate']) }),
  (random) => ({ kind: 'framing', as: random.pick(['no-space', 'multi-line', 'mixed-endings', 'fields', 'no-last-break']) }),
  (random) => ({ kind: 'control-characters', as: random.pick(['raw', 'escaped']) }),
  (random) => ({
    kind: 'odd-event',
    as: random.pick(['empty-choices', 'no-choices', 'no-delta', 'null-delta', 'null-content', 'number-content', 'array-content', 'choices-object']),
  }),
  (random) => ({ kind: 'choice-index', value: random.pick(['1', '-1', '1.5', '1e9', '__proto__']) }),
  (random) => ({ kind: 'call-index', as: random.pick(['missing', 'same', 'gaps', 'from-one', 'huge', 'reversed']) }),
  (random) => ({ kind: 'call-id', as: random.pick(['missing', 'empty', 'repeated', 'every-fragment', 'non-ascii']) }),
  (random) => ({ kind: 'call-name', as: random.pick(['split', 'late', 'empty', 'prefixed', 'suffixed', 'every-fragment']) }),
  (random) => ({
    kind: 'call-arguments',
    as: random.pick([
      'empty',
      'null',
      'array',
      'object',
      'double-encoded',
      'trailing-comma',
      'trailing-text',
      'concatenated',
      'duplicate-keys',
      'huge-number',
      'proto',
      'cut',
    ]),
  }),
  (random) => ({ kind: 'fragments', characters: 1 + random.below(5), interleaved: random.chance(0.5) }),
  (random) => ({ kind: 'many-calls', count: random.pick([2, 20, 129]) }),
  (random) => ({ kind: 'reasoning-field', as: random.pick(['both', 'think-tags']) }),
  () => ({ kind: 'long-text', bytes: 100_000 }),
]

/** A fault of any kind that can strike one request. */
export function randomFault(random: Random): Fault {
  return random.pick(faultMakers)(random)
}
