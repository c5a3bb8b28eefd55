import { openaiCompatible, plainProfile } from '@capstan/adapters'
import { toolCallsOf } from '@capstan/core'
import { type ScriptedReply, startSimulator } from '@capstan/simulator'
import { canaryKey } from '../lab/canary.ts'
import { observe } from '../lab/observe.ts'
import { type Case, check, holds } from './case.ts'
import { refused, retried } from './expected.ts'
import { pays, said, text, wire } from './wire.ts'

/** Two calls in one message. */
const both: ScriptedReply = {
  toolCalls: [
    { name: 'pay_bill', input: { amount: 5 } },
    { name: 'look_up', input: { word: 'receipt' } },
  ],
}

/** What frames hold: odd chunks, usage, indexes, ids, names, arguments, markup, reasoning. T25 and T67 to T76. */
export const frames: readonly Case[] = [
  wire({
    id: 'T25 tool_calls, but the output limit was reached',
    reply: pays,
    settings: { maxOutputTokens: 512 },
    fault: { kind: 'usage', value: 'at-limit' },
    expected: { is: 'told', says: 'Not run: output limit' },
  }),
  ...(['empty-choices', 'no-choices', 'no-delta', 'null-delta', 'null-content'] as const).map((as) =>
    wire({ id: `T67 an event of the kind ${as}`, reply: { text }, fault: { kind: 'odd-event', as }, expected: { is: 'ok', text } }),
  ),
  wire({
    id: 'T67 content as a list of text parts',
    reply: { text },
    fault: { kind: 'odd-event', as: 'array-content' },
    expected: { is: 'ok' },
    also: ({ result }) => [holds('its text counts', result?.text.includes(' and') === true, result?.text)],
  }),
  ...(['number-content', 'object-content', 'choices-object'] as const).map((as) =>
    wire({ id: `T67 an event of the kind ${as}`, reply: { text }, fault: { kind: 'odd-event', as }, expected: retried('stream-malformed', 'stream', true) }),
  ),
  ...(['missing', 'every-event', 'negative', 'text', 'fraction'] as const).map((value) =>
    wire({
      id: `T68 usage that is ${value}`,
      fault: { kind: 'usage', value },
      expected: { is: 'ok', text },
      also: ({ result }) => [
        holds(
          'totals are whole numbers or unknown',
          Object.values(result?.usage ?? {}).every((count) => Number.isSafeInteger(count) && count >= 0),
          result?.usage,
        ),
        check('attempts of unknown usage', value === 'every-event' ? 0 : 1, result?.usage.unknownAttempts),
      ],
    }),
  ),
  ...['1', '1e9', '-1', '1.5', '__proto__'].map((value) =>
    wire({ id: `T69 text for the choice ${value}`, reply: { text }, fault: { kind: 'choice-index', value }, expected: { is: 'ok', text } }),
  ),
  ...(['missing', 'same', 'gaps', 'from-one', 'huge', 'reversed'] as const).map((as) =>
    wire({
      id: `T70 two calls whose index is ${as}`,
      reply: both,
      fault: { kind: 'call-index', as },
      expected: { is: 'ok', tools: 2, requests: 2 },
      also: ({ result }) => [
        check(
          'the calls',
          'pay_bill {"amount":5}, look_up {"word":"receipt"}',
          toolCallsOf(result?.steps[0]?.message ?? { role: 'assistant', content: '' })
            .map((call) => `${call.toolName} ${call.inputText}`)
            .join(', '),
        ),
      ],
    }),
  ),
  wire({
    id: 'T70 129 calls in one reply',
    reply: { toolCalls: [{ name: 'look_up', input: {} }] },
    fault: { kind: 'many-calls', count: 129 },
    expected: refused('response-too-large'),
  }),
  ...(['missing', 'empty', 'repeated', 'every-fragment', 'long', 'non-ascii'] as const).map((as) =>
    wire({ id: `T71 two calls whose id is ${as}`, reply: both, fault: { kind: 'call-id', as }, expected: { is: 'ok', tools: 2, requests: 2 } }),
  ),
  ...(['late', 'prefixed', 'suffixed', 'every-fragment'] as const).map((as) =>
    wire({ id: `T72 a call whose name is ${as}`, reply: pays, fault: { kind: 'call-name', as }, expected: { is: 'ok', tools: 1 } }),
  ),
  wire({
    id: 'T72 a name that is split over two events: joined, as that makes a name that was offered',
    reply: pays,
    fault: { kind: 'call-name', as: 'split' },
    expected: { is: 'ok', tools: 1 },
  }),
  ...(['empty', 'long'] as const).map((as) =>
    wire({ id: `T72 a call whose name is ${as}`, reply: pays, fault: { kind: 'call-name', as }, expected: { is: 'told', says: 'there is no tool' } }),
  ),
  wire({
    id: 'T73 two calls, one character at a time, interleaved',
    reply: both,
    fault: { kind: 'fragments', interleaved: true },
    expected: { is: 'ok', tools: 2, requests: 2 },
  }),
  wire({
    id: 'T74 empty arguments for a tool that needs none',
    reply: { toolCalls: [{ name: 'look_up', input: {} }] },
    fault: { kind: 'call-arguments', as: 'empty' },
    expected: { is: 'ok', tools: 1 },
  }),
  wire({
    id: 'T74 empty arguments for a tool that needs some',
    reply: pays,
    fault: { kind: 'call-arguments', as: 'empty' },
    expected: { is: 'told', says: 'amount' },
  }),
  wire({
    id: 'T74 arguments as an object instead of a string',
    reply: pays,
    fault: { kind: 'call-arguments', as: 'object' },
    expected: { is: 'ok', tools: 1 },
  }),
  ...(['trailing-comma', 'trailing-text', 'concatenated', 'cut'] as const).map((as) =>
    wire({ id: `T74 arguments with ${as}`, reply: pays, fault: { kind: 'call-arguments', as }, expected: { is: 'told', says: 'not valid JSON' } }),
  ),
  ...(['null', 'array'] as const).map((as) =>
    wire({ id: `T74 arguments that are ${as}`, reply: pays, fault: { kind: 'call-arguments', as }, expected: { is: 'told', says: 'does not fit the schema' } }),
  ),
  wire({
    id: 'T74 arguments that are encoded twice',
    differs: 'they are decoded once more, without loss and as the schema asks, and the change is reported in `coerced`',
    reply: pays,
    fault: { kind: 'call-arguments', as: 'double-encoded' },
    expected: { is: 'ok', tools: 1 },
    also: ({ events }) => [
      holds(
        'it is reported',
        events.some((event) => event.type === 'tool-end' && event.coerced !== undefined),
        'no `coerced`',
      ),
    ],
  }),
  wire({
    id: 'T74 arguments 10,000 levels deep',
    reply: pays,
    fault: { kind: 'call-arguments', as: 'deep' },
    expected: { is: 'told', says: 'nested deeper than' },
  }),
  wire({
    id: 'T74 a number that no double holds (1e400)',
    reply: pays,
    fault: { kind: 'call-arguments', as: 'huge-number' },
    expected: { is: 'told', says: 'too large' },
  }),
  wire({
    id: 'T74 a number whose digits a double would change (2512292042121000001)',
    reply: pays,
    fault: { kind: 'call-arguments', as: 'long-number' },
    expected: { is: 'told', says: '2512292042121000001' },
  }),
  wire({
    id: 'T74 a key twice: the last one counts',
    differs: 'it is not flagged: JSON.parse takes the last one, and the schema judges it',
    reply: pays,
    fault: { kind: 'call-arguments', as: 'duplicate-keys' },
    expected: { is: 'ok', tools: 1 },
  }),
  wire({
    id: 'T74 a key __proto__',
    reply: pays,
    fault: { kind: 'call-arguments', as: 'proto' },
    expected: { is: 'told', says: '__proto__' },
    also: () => [check('prototypes', undefined, ({} as { polluted?: unknown }).polluted)],
  }),
  ...(['kimi', 'deepseek-v3', 'deepseek-v3.1', 'deepseek-v3.2', 'deepseek-v4', 'deepseek-v4.1'] as const).map((grammar) =>
    wire({ id: `T75 markup of ${grammar} in the text`, reply: pays, fault: { kind: 'leaked-markup', grammar }, expected: { is: 'ok', tools: 1 } }),
  ),
  ...(['reasoning', 'reasoning_text', 'both'] as const).map((as) =>
    wire({
      id: `T76 reasoning in ${as === 'both' ? 'two fields' : `the field ${as}`}`,
      models: ['kimi-k2-thinking'],
      fault: { kind: 'reasoning-field', as },
      expected: { is: 'ok', text },
      also: ({ result }) => [check('the reasoning', said.reasoning, result?.reasoningText)],
    }),
  ),
  {
    id: 'T76 reasoning in think-tags, from a server whose profile says so',
    run: async () => {
      await using simulator = await startSimulator({ script: [{ ...said, fault: { kind: 'reasoning-field', as: 'think-tags' } }] })
      const use = openaiCompatible({
        baseURL: simulator.baseURL,
        model: 'kimi-k2-thinking',
        apiKey: canaryKey('tags'),
        profile: { ...plainProfile, thinkTags: true },
      })
      const { result, problems } = await observe({ server: simulator, mode: 'stream', use })
      return [
        check('the text', text, result?.text),
        check('the reasoning', said.reasoning, result?.reasoningText),
        holds('I1 to I7', problems.length === 0, problems),
      ]
    },
  },
]
