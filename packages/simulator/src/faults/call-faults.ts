import { asArray, asObject, isObject, type Json, type JsonObject, parseJson } from '../json.ts'
import { type Candidate, mapCandidates } from '../replies/reply.ts'
import { isEvent } from '../wire/positions.ts'
import { eventAction, type Transmission } from '../wire/transmission.ts'
import type { FaultOf } from './fault.ts'
import type { FaultDefinitions } from './fault-definition.ts'
import { callsIn, interleaveFragments } from './fragments.ts'
import { insertAt, rewriteContents, withDelta } from './rewrite.ts'

const indexes: { readonly [As in FaultOf<'call-index'>['as']]: (index: number) => number | undefined } = {
  missing: () => undefined,
  same: () => 0,
  gaps: (index) => index * 7,
  'from-one': (index) => index + 1,
  huge: (index) => 1_000_000_000 + index,
  reversed: (index) => 99 - index,
}

/** What a fragment says about its call: the value of a field at the first fragment, and at those after it. `undefined` omits the field. */
interface Fragments {
  readonly first: (value: string) => Json | undefined
  /** `isNext`: the fragment directly after the first one. */
  readonly later?: (value: string, isNext: boolean) => Json | undefined
}

const same = (value: string): string => value

const ids: { readonly [As in FaultOf<'call-id'>['as']]: Fragments } = {
  missing: { first: () => undefined },
  empty: { first: () => '' },
  repeated: { first: () => 'call_again' },
  long: { first: (id) => id.padEnd(10_240, 'x') },
  'non-ascii': { first: (id) => `呼び出し-${id}` },
  'every-fragment': { first: same, later: same },
  'later-other': { first: same, later: (id) => `${id}-other` },
  'later-null': { first: same, later: () => null },
  'later-empty': { first: same, later: () => '' },
}

const names: { readonly [As in FaultOf<'call-name'>['as']]: Fragments } = {
  split: { first: (name) => name.slice(0, 3), later: (name, isNext) => (isNext ? name.slice(3) : undefined) },
  late: { first: () => undefined, later: (name, isNext) => (isNext ? name : undefined) },
  empty: { first: () => '' },
  long: { first: (name) => name.padEnd(10_240, 'x') },
  prefixed: { first: (name) => `functions.${name}` },
  suffixed: { first: (name) => `${name}:0` },
  'every-fragment': { first: same, later: same },
  'later-null': { first: same, later: () => null },
  'later-empty': { first: same, later: () => '' },
}

const phantoms: { readonly [As in NonNullable<FaultOf<'phantom-call'>['as']>]: (count: number) => JsonObject } = {
  empty: (index) => ({ index, id: '', type: 'function', function: { name: '', arguments: '' } }),
  null: (index) => ({ index, id: null, type: null, function: { name: null, arguments: null } }),
  bare: (index) => ({ index }),
  trailing: (count) => ({ index: Math.max(0, count - 1), function: { arguments: '' } }),
}

const legacyCalls: { readonly [As in FaultOf<'function-call'>['as']]: (content: JsonObject) => JsonObject } = {
  empty: (content) => ({ ...content, function_call: { name: '', arguments: '' } }),
  null: (content) => ({ ...content, function_call: null }),
  whole: ({ tool_calls: calls, ...content }) => {
    const [call] = asArray(calls).map(asObject)
    return call === undefined ? content : { ...content, function_call: call['function'] }
  },
}

/** Faults of how tool calls are written: numbers, ids, names, pieces. */
export const callFaults: FaultDefinitions<'call-index' | 'call-id' | 'call-name' | 'fragments' | 'phantom-call' | 'function-call'> = {
  'call-index': {
    description: 'Tool calls are numbered in another way.',
    example: 'call-index:missing',
    options: { as: Object.keys(indexes) },
    required: ['as'],
    onWire: (transmission, fault) => rewriteCalls(transmission, (call) => ({ ...call, index: indexes[fault.as](Number(call['index'] ?? 0)) })),
  },
  'call-id': {
    description: 'Tool calls are identified in another way.',
    example: 'call-id:missing',
    options: { as: Object.keys(ids) },
    required: ['as'],
    onWire: (transmission, fault) => rewriteField(transmission, ids[fault.as], 'id'),
  },
  'call-name': {
    description: 'Tool calls are named in another way.',
    example: 'call-name:prefixed',
    options: { as: Object.keys(names) },
    required: ['as'],
    onWire: (transmission, fault) => rewriteField(transmission, names[fault.as], 'name'),
  },
  fragments: {
    description: 'Arguments are sent in pieces of this many characters; with interleaved=true, those of all calls in turn.',
    example: 'fragments:1,interleaved=true',
    options: { characters: 'number', interleaved: 'boolean' },
    onWire: (transmission, fault) => interleaveFragments(transmission, fault.characters ?? 1, fault.interleaved === true),
  },
  'phantom-call': {
    description: 'One more call that calls nothing, or (trailing) one more fragment without content for the last call.',
    example: 'phantom-call:empty',
    options: { as: Object.keys(phantoms) },
    onWire: (transmission, fault) => addPhantom(transmission, fault.as ?? 'empty'),
  },
  'function-call': {
    description: 'The deprecated field `function_call`: empty or null beside the content, or (whole) with the first call, which is then the only one.',
    example: 'function-call:empty',
    options: { as: Object.keys(legacyCalls) },
    required: ['as'],
    onReply: (reply, fault) => (fault.as === 'whole' ? mapCandidates(reply, firstCallAlone) : reply),
    onWire: (transmission, fault) => rewriteContents(transmission, legacyCalls[fault.as]),
  },
}

/** Writes the arguments of each call in one piece and as an object, as some servers send them. */
export function argumentsAsObjects(transmission: Transmission): Transmission {
  return rewriteCalls(interleaveFragments(transmission, Number.MAX_SAFE_INTEGER, false), (call) => {
    const described = asObject(call['function'])
    const parsed = typeof described['arguments'] === 'string' ? parseJson(described['arguments']) : undefined
    return isObject(parsed) ? { ...call, function: { ...described, arguments: parsed } } : call
  })
}

/** Writes null for the empty arguments of the first fragment of each call. */
export function argumentsAfterNull(transmission: Transmission): Transmission {
  return rewriteCalls(transmission, (call) => {
    const described = asObject(call['function'])
    return described['arguments'] === '' ? { ...call, function: { ...described, arguments: null } } : call
  })
}

function firstCallAlone(candidate: Candidate): Candidate {
  return candidate.toolCalls.length === 0 ? candidate : { ...candidate, toolCalls: candidate.toolCalls.slice(0, 1), finishReason: 'function_call' }
}

/** Changes every element of `tool_calls`, in deltas and in messages. */
function rewriteCalls(transmission: Transmission, change: (call: JsonObject) => JsonObject): Transmission {
  return rewriteContents(transmission, (content) =>
    isObject(asArray(content['tool_calls'])[0]) ? { ...content, tool_calls: asArray(content['tool_calls']).map((call) => change(asObject(call))) } : content,
  )
}

/** Changes the id or the name of each call, at its first fragment and at later ones. */
function rewriteField(transmission: Transmission, { first, later }: Fragments, field: 'id' | 'name'): Transmission {
  const calls = new Map<Json | undefined, { readonly value: string; fragments: number }>()
  return rewriteCalls(transmission, (call) => {
    const { [field]: given, ...rest } = field === 'id' ? call : asObject(call['function'])
    if (typeof given === 'string') calls.set(call['index'], { value: given, fragments: 0 })
    const known = calls.get(call['index']) ?? { value: '', fragments: 1 }
    known.fragments += 1
    const value = typeof given === 'string' ? first(given) : later?.(known.value, known.fragments === 2)
    const changed = { ...rest, ...(value !== undefined && { [field]: value }) }
    return field === 'id' ? changed : { ...call, function: changed }
  })
}

function addPhantom(transmission: Transmission, as: keyof typeof phantoms): Transmission {
  const phantom = phantoms[as](new Set(transmission.actions.flatMap(callsIn).map((call) => call['index'])).size)
  if (transmission.actions.some(isEvent)) return insertAt(transmission, 'before-finish', (like) => [eventAction(withDelta(like, { tool_calls: [phantom] }))])
  if (as === 'trailing') return transmission
  return rewriteContents(transmission, (content) => ({ ...content, tool_calls: [...asArray(content['tool_calls']), phantom] }))
}
