import { asArray, asObject, isObject, type Json, type JsonObject, parseJson } from '../json.ts'
import type { Transmission } from '../wire/transmission.ts'
import type { FaultOf } from './fault.ts'
import type { FaultDefinition } from './fault-definition.ts'
import { interleaveFragments } from './fragments.ts'
import { rewriteContents } from './rewrite.ts'

/** Faults of how tool calls are written: numbers, ids, names, pieces. */
export const callFaults: {
  readonly 'call-index': FaultDefinition<FaultOf<'call-index'>>
  readonly 'call-id': FaultDefinition<FaultOf<'call-id'>>
  readonly 'call-name': FaultDefinition<FaultOf<'call-name'>>
  readonly fragments: FaultDefinition<FaultOf<'fragments'>>
} = {
  'call-index': {
    description: 'Tool calls are numbered otherwise: missing, same, gaps, from-one, huge, reversed.',
    example: 'call-index:missing',
    options: { as: ['missing', 'same', 'gaps', 'from-one', 'huge', 'reversed'] },
    required: ['as'],
    onWire: (transmission, fault) => rewriteCalls(transmission, (call) => ({ ...call, index: indexes[fault.as](Number(call['index'] ?? 0)) })),
  },
  'call-id': {
    description: 'Tool calls are identified otherwise: missing, empty, repeated, every-fragment, long, non-ascii.',
    example: 'call-id:missing',
    options: { as: ['missing', 'empty', 'repeated', 'every-fragment', 'long', 'non-ascii'] },
    required: ['as'],
    onWire: (transmission, fault) => changeIds(transmission, fault.as),
  },
  'call-name': {
    description: 'Tool calls are named otherwise: split, late, empty, long, prefixed, suffixed, every-fragment.',
    example: 'call-name:prefixed',
    options: { as: ['split', 'late', 'empty', 'long', 'prefixed', 'suffixed', 'every-fragment'] },
    required: ['as'],
    onWire: (transmission, fault) => changeNames(transmission, fault.as),
  },
  fragments: {
    description: 'Arguments come in pieces of so many characters, of all calls in turn with interleaved=true.',
    example: 'fragments:1,interleaved=true',
    options: { characters: 'number', interleaved: 'boolean' },
    onWire: (transmission, fault) => interleaveFragments(transmission, fault.characters ?? 1, fault.interleaved === true),
  },
}

const indexes: { readonly [As in FaultOf<'call-index'>['as']]: (index: number) => number | undefined } = {
  missing: () => undefined,
  same: () => 0,
  gaps: (index) => index * 7,
  'from-one': (index) => index + 1,
  huge: (index) => 1_000_000_000 + index,
  reversed: (index) => 99 - index,
}

/** Writes the arguments of each call in one piece and as an object, as some servers send them. */
export function argumentsAsObjects(transmission: Transmission): Transmission {
  return rewriteCalls(interleaveFragments(transmission, Number.MAX_SAFE_INTEGER, false), (call) => {
    const described = asObject(call['function'])
    const parsed = typeof described['arguments'] === 'string' ? parseJson(described['arguments']) : undefined
    return isObject(parsed) ? { ...call, function: { ...described, arguments: parsed } } : call
  })
}

/** Changes every entry of `tool_calls`, wherever it stands. */
function rewriteCalls(transmission: Transmission, change: (call: JsonObject) => JsonObject): Transmission {
  return rewriteContents(transmission, (content) =>
    isObject(asArray(content['tool_calls'])[0]) ? { ...content, tool_calls: asArray(content['tool_calls']).map((call) => change(asObject(call))) } : content,
  )
}

function changeIds(transmission: Transmission, as: FaultOf<'call-id'>['as']): Transmission {
  const idOf = new Map<Json | undefined, Json | undefined>()
  return rewriteCalls(transmission, (call) => {
    const { id, ...rest } = call
    if (id !== undefined) idOf.set(call['index'], id)
    if (as === 'every-fragment') return { ...rest, id: idOf.get(call['index']) }
    if (id === undefined) return call
    switch (as) {
      case 'missing':
        return rest
      case 'empty':
        return { ...rest, id: '' }
      case 'repeated':
        return { ...rest, id: 'call_again' }
      case 'long':
        return { ...rest, id: `${id}`.padEnd(10_240, 'x') }
      case 'non-ascii':
        return { ...rest, id: `呼び出し-${id}` }
    }
  })
}

function changeNames(transmission: Transmission, as: FaultOf<'call-name'>['as']): Transmission {
  const nameOf = new Map<Json | undefined, string>()
  return rewriteCalls(transmission, (call) => {
    const described = asObject(call['function'])
    const { name, ...rest } = described
    const index = call['index']
    if (typeof name === 'string') nameOf.set(index, name)
    const known = nameOf.get(index) ?? ''
    if (typeof name !== 'string') return { ...call, function: { ...rest, ...laterName(as, known, () => nameOf.set(index, '')) } }
    return { ...call, function: { ...rest, ...firstName(as, name) } }
  })
}

function firstName(as: FaultOf<'call-name'>['as'], name: string): JsonObject {
  switch (as) {
    case 'split':
      return { name: name.slice(0, 3) }
    case 'late':
      return {}
    case 'empty':
      return { name: '' }
    case 'long':
      return { name: name.padEnd(10_240, 'x') }
    case 'prefixed':
      return { name: `functions.${name}` }
    case 'suffixed':
      return { name: `${name}:0` }
    case 'every-fragment':
      return { name }
  }
}

/** What the pieces after the first say: the rest of a split name, or the whole name, once or every time. */
function laterName(as: FaultOf<'call-name'>['as'], name: string, forget: () => void): JsonObject {
  if (as === 'every-fragment') return { name }
  if ((as !== 'split' && as !== 'late') || name === '') return {}
  forget()
  return { name: as === 'split' ? name.slice(3) : name }
}
