// What the mock provider says: the bytes of every reply of a script are made once, before anything is measured.

/**
 * @typedef {object} Call
 * @property {string} id
 * @property {string} text The arguments, as the model wrote them.
 */
/**
 * @typedef {object} Reply
 * @property {readonly Call[]} [calls]
 * @property {readonly string[]} [deltas] Text, in the pieces in which it is streamed.
 * @property {readonly string[]} [reasoning]
 */
/**
 * @typedef {object} Script
 * @property {readonly Reply[]} replies One for each request of a run.
 * @property {number} [fragmentBytes] Size of the pieces in which arguments are streamed. Default: 16.
 * @property {number} [delayMs] Before each reply. Default: 0.
 * @property {boolean} [isPaced] One event every 1 to 2 ms, each in a write of its own.
 * @property {boolean} [isRecorded] The bodies of requests are kept.
 */

export const toolName = 'work'
export const toolDescription = 'Does one piece of work.'
/** The one tool of all scripts takes a step and a text. */
export const toolSchema = {
  type: 'object',
  properties: { step: { type: 'integer' }, text: { type: 'string' } },
  required: ['step', 'text'],
  additionalProperties: false,
}

const words = 'The quick brown fox jumps over the lazy dog while seven wizards brew potions '
const done = ['All ', 'the ', 'work ', 'is ', 'done.']

/** @type {Record<string, (size: number) => Script>} */
const kinds = {
  /** A loop of `size` requests: one call each, then a text. */
  loop: (size) => ({ replies: loop(size, (step) => [call(step, 0, argumentsOf(step, 'short'))]) }),
  /** One reply of `size` text deltas. */
  text: (size) => ({ replies: [{ deltas: deltas(size) }] }),
  paced: (size) => ({ replies: [{ deltas: deltas(size) }], isPaced: true }),
  /** Four calls each with 2 KB of arguments. */
  parallel: (size) => ({
    replies: loop(size, (step) => [0, 1, 2, 3].map((index) => call(step, index, argumentsOf(step, `${index} ${repeat(2_000)}`)))),
    fragmentBytes: 40,
  }),
  /** One call with `size` KB of arguments. */
  argument: (size) => ({ replies: loop(2, (step) => [call(step, 0, argumentsOf(step, repeat(size * 1_000)))]) }),
  /** As `loop`, each reply after 50 ms. */
  slow: (size) => ({ replies: loop(size, (step) => [call(step, 0, argumentsOf(step, 'short'))]), delayMs: 50 }),
  /** Arguments as models write them: spaces, escapes, keys in another order than in the schema; reasoning before each call. */
  fidelity: (size) => ({
    replies: loop(size, (step) => [0, 1].map((index) => call(step, index, oddArguments(step, index))), ['Let me ', `think\u2028 about "${size}"\t😀 …`]),
    isRecorded: true,
  }),
}

/**
 * @param {string} name Such as `loop-10`.
 * @returns {Script}
 */
export function scriptOf(name) {
  const [, kind = '', size = ''] = /^([a-z]+)-(\d+)$/.exec(name) ?? []
  const make = kinds[kind]
  if (make === undefined) throw new Error(`There is no script '${name}'.`)
  return make(Number(size))
}

/**
 * What one run of a script has to come to: checked after each measurement, so that nobody wins by leaving work out.
 *
 * @param {string} name
 */
export function expectationOf(name) {
  const { replies } = scriptOf(name)
  return {
    requests: replies.length,
    calls: replies.reduce((sum, reply) => sum + (reply.calls?.length ?? 0), 0),
    text: (replies.at(-1)?.deltas ?? []).join(''),
  }
}

/**
 * @param {number} size
 * @param {(step: number) => Call[]} callsOf
 * @param {readonly string[]} [reasoning]
 * @returns {Reply[]}
 */
function loop(size, callsOf, reasoning) {
  const steps = Array.from({ length: size - 1 }, (_, index) => ({ calls: callsOf(index + 1), ...(reasoning && { reasoning }) }))
  return [...steps, { deltas: done }]
}

/** @returns {Call} */
function call(step, index, text) {
  return { id: `call_${step}_${index}`, text }
}

function argumentsOf(step, text) {
  return JSON.stringify({ step, text })
}

function oddArguments(step, index) {
  return `{"text": "caf\\u00e9 ${index} / <b>\\/x",  "step": ${step} }`
}

function repeat(bytes) {
  return words.repeat(Math.ceil(bytes / words.length)).slice(0, bytes)
}

function deltas(size) {
  return Array.from({ length: size }, (_, index) => `${index % 7 === 0 ? 'word' : 'token'} `)
}
