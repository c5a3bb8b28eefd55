import { openaiCompatible, plainProfile } from '@capstan/adapters'
import { toolCallsOf } from '@capstan/core'
import { type ScriptedReply, startSimulator } from '@capstan/simulator'
import { canaryKey } from '../lab/canary.ts'
import { observe } from '../lab/observe.ts'
import { type Case, check, holds } from './case.ts'
import { ran, refused, retried, told } from './expected.ts'
import { intact, pays, said, text, wire } from './wire.ts'

/** Two calls in one message. */
const both: ScriptedReply = {
  toolCalls: [
    { name: 'pay_bill', input: { amount: 5 } },
    { name: 'look_up', input: { word: 'receipt' } },
  ],
}

/** The content of frames: odd chunks, usage, indexes, ids, names, arguments, markup, reasoning. T25 and T67 to T76. */
export const frames: readonly Case[] = [
  wire(
    'T25 tool_calls, but the output limit was reached',
    { kind: 'usage', value: 'at-limit' },
    { reply: pays, settings: { maxOutputTokens: 512 }, expected: told('Not run: output limit') },
  ),
  ...(['empty-choices', 'no-choices', 'no-delta', 'null-delta', 'null-content'] as const).map((as) =>
    wire(`T67 an event of the kind ${as}`, { kind: 'odd-event', as }, { reply: { text }, expected: intact }),
  ),
  wire(
    'T67 content as a list of text parts',
    { kind: 'odd-event', as: 'array-content' },
    { reply: { text }, expected: { is: 'ok' }, also: ({ result }) => [holds('its text counts', result?.text.includes(' and') === true, result?.text)] },
  ),
  ...(['number-content', 'object-content', 'choices-object'] as const).map((as) =>
    wire(`T67 an event of the kind ${as}`, { kind: 'odd-event', as }, { reply: { text }, expected: retried('stream-malformed', 'stream', true) }),
  ),
  ...(['missing', 'every-event', 'negative', 'text', 'fraction'] as const).map((value) =>
    wire(
      `T68 usage that is ${value}`,
      { kind: 'usage', value },
      {
        expected: intact,
        also: ({ result }) => [
          holds(
            'totals are whole numbers or unknown',
            Object.values(result?.usage ?? {}).every((count) => Number.isSafeInteger(count) && count >= 0),
            result?.usage,
          ),
          check('attempts of unknown usage', value === 'every-event' ? 0 : 1, result?.usage.unknownAttempts),
        ],
      },
    ),
  ),
  ...['1', '1e9', '-1', '1.5', '__proto__'].map((value) =>
    wire(`T69 text for the choice ${value}`, { kind: 'choice-index', value }, { reply: { text }, expected: intact }),
  ),
  ...(['missing', 'same', 'gaps', 'from-one', 'huge', 'reversed'] as const).map((as) =>
    wire(
      `T70 two calls whose index is ${as}`,
      { kind: 'call-index', as },
      {
        reply: both,
        expected: ran(2),
        also: ({ result }) => [
          check(
            'the calls',
            'pay_bill {"amount":5}, look_up {"word":"receipt"}',
            toolCallsOf(result?.steps[0]?.message ?? { role: 'assistant', content: '' })
              .map((call) => `${call.toolName} ${call.inputText}`)
              .join(', '),
          ),
        ],
      },
    ),
  ),
  wire(
    'T70 129 calls in one reply',
    { kind: 'many-calls', count: 129 },
    { reply: { toolCalls: [{ name: 'look_up', input: {} }] }, expected: refused('response-too-large') },
  ),
  ...(['missing', 'empty', 'repeated', 'every-fragment', 'long', 'non-ascii'] as const).map((as) =>
    wire(`T71 two calls whose id is ${as}`, { kind: 'call-id', as }, { reply: both, expected: ran(2) }),
  ),
  ...(['late', 'prefixed', 'suffixed', 'every-fragment'] as const).map((as) =>
    wire(`T72 a call whose name is ${as}`, { kind: 'call-name', as }, { reply: pays, expected: ran(1) }),
  ),
  wire(
    'T72 a name that is split over two events: joined, as that makes a name that was offered',
    { kind: 'call-name', as: 'split' },
    { reply: pays, expected: ran(1) },
  ),
  ...(['empty', 'long'] as const).map((as) =>
    wire(`T72 a call whose name is ${as}`, { kind: 'call-name', as }, { reply: pays, expected: told('there is no tool') }),
  ),
  wire('T73 two calls, one character at a time, interleaved', { kind: 'fragments', interleaved: true }, { reply: both, expected: ran(2) }),
  wire(
    'T74 empty arguments for a tool that needs none',
    { kind: 'call-arguments', as: 'empty' },
    { reply: { toolCalls: [{ name: 'look_up', input: {} }] }, expected: ran(1) },
  ),
  wire('T74 empty arguments for a tool that needs some', { kind: 'call-arguments', as: 'empty' }, { reply: pays, expected: told('amount') }),
  wire('T74 arguments as an object instead of a string', { kind: 'call-arguments', as: 'object' }, { reply: pays, expected: ran(1) }),
  ...(['trailing-comma', 'trailing-text', 'concatenated', 'cut'] as const).map((as) =>
    wire(`T74 arguments with ${as}`, { kind: 'call-arguments', as }, { reply: pays, expected: told('not valid JSON') }),
  ),
  ...(['null', 'array'] as const).map((as) =>
    wire(`T74 arguments that are ${as}`, { kind: 'call-arguments', as }, { reply: pays, expected: told('does not fit the schema') }),
  ),
  wire(
    'T74 arguments that are encoded twice',
    { kind: 'call-arguments', as: 'double-encoded' },
    {
      differs: 'they are decoded once more, without loss and as the schema asks, and the change is reported in `coerced`',
      reply: pays,
      expected: ran(1),
      also: ({ events }) => [
        holds(
          'it is reported',
          events.some((event) => event.type === 'tool-end' && event.coerced !== undefined),
          'no `coerced`',
        ),
      ],
    },
  ),
  wire('T74 arguments 10,000 levels deep', { kind: 'call-arguments', as: 'deep' }, { reply: pays, expected: told('nested deeper than') }),
  wire('T74 a number that no double holds (1e400)', { kind: 'call-arguments', as: 'huge-number' }, { reply: pays, expected: told('too large') }),
  wire(
    'T74 a number whose digits a double would change (2512292042121000001)',
    { kind: 'call-arguments', as: 'long-number' },
    { reply: pays, expected: told('2512292042121000001') },
  ),
  wire(
    'T74 a key twice: the last one counts',
    { kind: 'call-arguments', as: 'duplicate-keys' },
    { differs: 'it is not flagged: JSON.parse takes the last one, and the schema judges it', reply: pays, expected: ran(1) },
  ),
  wire(
    'T74 a key __proto__',
    { kind: 'call-arguments', as: 'proto' },
    { reply: pays, expected: told('__proto__'), also: () => [check('prototypes', undefined, ({} as { polluted?: unknown }).polluted)] },
  ),
  ...(['kimi', 'deepseek-v3', 'deepseek-v3.1', 'deepseek-v3.2', 'deepseek-v4', 'deepseek-v4.1'] as const).map((grammar) =>
    wire(`T75 markup of ${grammar} in the text`, { kind: 'leaked-markup', grammar }, { reply: pays, expected: ran(1) }),
  ),
  ...(['reasoning', 'reasoning_text', 'both'] as const).map((as) =>
    wire(
      `T76 reasoning in ${as === 'both' ? 'two fields' : `the field ${as}`}`,
      { kind: 'reasoning-field', as },
      { models: ['kimi-k2-thinking'], expected: intact, also: ({ result }) => [check('the reasoning', said.reasoning, result?.reasoningText)] },
    ),
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
