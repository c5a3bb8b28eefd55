import { type Candidate, mapCandidates } from '../replies/reply.ts'
import { argumentsAfterNull, argumentsAsObjects } from './call-faults.ts'
import type { FaultOf, OddArguments } from './fault.ts'
import type { FaultDefinitions } from './fault-definition.ts'
import { leakedMarkup, markupGrammars } from './leaked-markup.ts'
import { rewriteContents } from './rewrite.ts'

const oddArguments: { readonly [As in OddArguments]: (text: string) => string } = {
  empty: () => '',
  null: () => 'null',
  array: (text) => `[${text}]`,
  'empty-array': () => '[]',
  object: (text) => text,
  'empty-first': (text) => `{}${text}`,
  'null-first': (text) => text,
  'double-encoded': (text) => JSON.stringify(text),
  'trailing-comma': (text) => text.replace(/\}$/, ',}'),
  'trailing-text': (text) => `${text} I hope this helps.`,
  concatenated: (text) => text + text,
  'duplicate-keys': (text) => `${text.slice(0, -1)},${text.slice(1)}`,
  'huge-number': (text) => text.replace(/\d+/, '1e400'),
  'long-number': (text) => text.replace(/\d+/, '2512292042121000001'),
  deep: () => `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  proto: (text) => `{"__proto__":{"polluted":true},${text.slice(1)}`,
  cut: (text) => text.slice(0, -1),
}

/** The text of a refusal where neither the fault nor the reply has one. */
const refusalText = 'I cannot help with that.'

/** Faults of what the model says. They need a scripted or generated reply, not exact chunks or bodies. */
export const replyFaults: FaultDefinitions<'length' | 'empty' | 'finish-reason' | 'refusal' | 'leaked-markup' | 'call-arguments' | 'many-calls'> = {
  length: {
    description: 'Finish reason length: the arguments of the last call, else the text, else the reasoning, are cut (default: in the middle).',
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
        reasoning: fault.reasoning === true ? (reasoning ?? 'I have no result.') : reasoning === undefined ? undefined : '',
        text: '',
        toolCalls: [],
        finishReason: 'stop',
      })),
  },
  'finish-reason': {
    description: 'Another finish reason: any text, such as content_filter, MAX_TOKENS or insufficient_system_resource.',
    example: 'finish-reason:content_filter',
    options: { value: 'text' },
    required: ['value'],
    onReply: (reply, fault) => mapCandidates(reply, (candidate) => ({ ...candidate, finishReason: fault.value })),
  },
  refusal: {
    description: 'The text is sent in the field `refusal`, without calls; beside=true keeps it in the content too.',
    example: 'refusal:I cannot do that.',
    options: { text: 'text', beside: 'boolean' },
    onReply: (reply, { text }) =>
      mapCandidates(reply, (candidate) => ({ ...candidate, text: text ?? (candidate.text || refusalText), toolCalls: [], finishReason: 'stop' })),
    onWire: (transmission, { beside }) =>
      rewriteContents(transmission, (content) =>
        typeof content['content'] === 'string'
          ? { ...content, content: beside === true ? content['content'] : null, refusal: content['content'] || null }
          : content,
      ),
  },
  'leaked-markup': {
    description: "Tool calls are sent in the text as the model's own markup, with finish reason stop.",
    example: 'leaked-markup:deepseek-v3.2,into=text',
    options: { grammar: markupGrammars, into: ['text', 'reasoning'] },
    onReply: (reply, fault) => mapCandidates(reply, (candidate) => leak(candidate, fault)),
  },
  'call-arguments': {
    description: 'The last call has unusual or broken arguments.',
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
    onWire: (transmission, { as }) =>
      as === 'object' ? argumentsAsObjects(transmission) : as === 'null-first' ? argumentsAfterNull(transmission) : transmission,
  },
  'many-calls': {
    description: 'The last call is sent this many times.',
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
