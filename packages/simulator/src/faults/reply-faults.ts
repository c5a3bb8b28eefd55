import { type Candidate, mapCandidates } from '../answers/reply.ts'
import { argumentsAsObjects } from './call-faults.ts'
import type { FaultOf, OddArguments } from './fault.ts'
import type { FaultDefinition } from './fault-definition.ts'
import { leakedMarkup } from './leaked-markup.ts'

const oddArguments: { readonly [As in OddArguments]: (text: string) => string } = {
  empty: () => '',
  null: () => 'null',
  array: (text) => `[${text}]`,
  object: (text) => text,
  'double-encoded': (text) => JSON.stringify(text),
  'trailing-comma': (text) => text.replace(/\}$/, ',}'),
  'trailing-text': (text) => `${text} I hope this helps.`,
  concatenated: (text) => text + text,
  'duplicate-keys': (text) => `${text.slice(0, -1)},${text.slice(1)}`,
  'huge-number': (text) => text.replace(/\d+/, '1e400'),
  deep: () => `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  proto: (text) => `{"__proto__":{"polluted":true},${text.slice(1)}`,
  cut: (text) => text.slice(0, -1),
}

/** Faults of what the model says. They need a reply in parts, not exact chunks or bodies. */
export const replyFaults: {
  readonly length: FaultDefinition<FaultOf<'length'>>
  readonly empty: FaultDefinition<FaultOf<'empty'>>
  readonly 'finish-reason': FaultDefinition<FaultOf<'finish-reason'>>
  readonly 'leaked-markup': FaultDefinition<FaultOf<'leaked-markup'>>
  readonly 'call-arguments': FaultDefinition<FaultOf<'call-arguments'>>
  readonly 'many-calls': FaultDefinition<FaultOf<'many-calls'>>
} = {
  length: {
    description: 'Finish reason length: the arguments of the last call, else the text, else the reasoning, are cut (default in the middle).',
    example: 'length:keepCharacters=5',
    options: { keepCharacters: 'number' },
    onReply: (reply, fault) => mapCandidates(reply, (candidate) => cutCandidate(candidate, fault.keepCharacters)),
  },
  empty: {
    description: 'Finish reason stop without text and calls; reasoning=true keeps the reasoning.',
    example: 'empty:reasoning=true',
    options: { reasoning: 'boolean' },
    onReply: (reply, fault) =>
      mapCandidates(reply, ({ reasoning }) => ({
        reasoning: fault.reasoning === true ? (reasoning ?? 'Nothing comes of this.') : reasoning === undefined ? undefined : '',
        text: '',
        toolCalls: [],
        finishReason: 'stop',
      })),
  },
  'finish-reason': {
    description: 'Another finish reason, such as content_filter or insufficient_system_resource.',
    example: 'finish-reason:content_filter',
    options: { value: 'text' },
    required: ['value'],
    onReply: (reply, fault) => mapCandidates(reply, (candidate) => ({ ...candidate, finishReason: fault.value })),
  },
  'leaked-markup': {
    description: "Tool calls come as the model's own markup in the text, with finish reason stop.",
    example: 'leaked-markup:deepseek-v3.2,into=text',
    options: {
      grammar: ['kimi', 'deepseek-v3', 'deepseek-v3.1', 'deepseek-v3.2', 'deepseek-v4', 'deepseek-v4.1'],
      into: ['text', 'reasoning'],
    },
    onReply: (reply, fault) => mapCandidates(reply, (candidate) => leak(candidate, fault)),
  },
  'call-arguments': {
    description:
      'The last call has odd arguments: empty, null, array, object, double-encoded, trailing-comma, trailing-text, concatenated, duplicate-keys, huge-number, deep, proto, cut.',
    example: 'call-arguments:double-encoded',
    options: { as: Object.keys(oddArguments) },
    required: ['as'],
    onReply: (reply, fault) =>
      mapCandidates(reply, (candidate) => ({
        ...candidate,
        toolCalls: candidate.toolCalls.map((call, index) =>
          index === candidate.toolCalls.length - 1 ? { ...call, arguments: oddArguments[fault.as](call.arguments) } : call,
        ),
      })),
    onWire: (transmission, fault) => (fault.as === 'object' ? argumentsAsObjects(transmission) : transmission),
  },
  'many-calls': {
    description: 'The last call comes so many times.',
    example: 'many-calls:129',
    options: { count: 'number' },
    required: ['count'],
    onReply: (reply, fault) =>
      mapCandidates(reply, (candidate) => {
        const last = candidate.toolCalls.at(-1)
        return last === undefined
          ? candidate
          : { ...candidate, toolCalls: Array.from({ length: fault.count }, () => ({ ...last, id: undefined, index: undefined })) }
      }),
  },
}

function cutCandidate(candidate: Candidate, keepCharacters: number | undefined): Candidate {
  const cut = (text: string): string => text.slice(0, keepCharacters ?? Math.floor(text.length / 2))
  const last = candidate.toolCalls.at(-1)
  if (last !== undefined) {
    const toolCalls = [...candidate.toolCalls.slice(0, -1), { ...last, arguments: cut(last.arguments) }]
    return { ...candidate, toolCalls, finishReason: 'length' }
  }
  if (candidate.text !== '') return { ...candidate, text: cut(candidate.text), finishReason: 'length' }
  return { ...candidate, reasoning: candidate.reasoning === undefined ? undefined : cut(candidate.reasoning), finishReason: 'length' }
}

function leak(candidate: Candidate, fault: FaultOf<'leaked-markup'>): Candidate {
  if (candidate.toolCalls.length === 0) return candidate
  const markup = leakedMarkup(candidate.toolCalls, fault.grammar ?? 'kimi')
  const changed = fault.into === 'reasoning' ? { reasoning: (candidate.reasoning ?? '') + markup } : { text: candidate.text + markup }
  return { ...candidate, ...changed, toolCalls: [], finishReason: 'stop' }
}
