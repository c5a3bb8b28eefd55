import { interleave } from '../dialects/deltas.ts'
import { asArray, asObject, type Json, type JsonObject } from '../json.ts'
import { isBytes } from '../wire/positions.ts'
import { eventAction, type Transmission, type WireAction } from '../wire/transmission.ts'
import { withDelta } from './rewrite.ts'

interface WrittenCall {
  readonly first: JsonObject
  readonly pieces: readonly string[]
}

/** Divides the arguments of all calls into pieces of this many characters, and sends one call after the other or all in turn. */
export function interleaveFragments(transmission: Transmission, characters: number, isInTurn: boolean): Transmission {
  const { actions } = transmission
  const first = actions.findIndex(holdsCalls)
  const found = actions[first]
  if (found === undefined || !isBytes(found)) return transmission
  const like = asObject(found.payload)
  const calls = collectCalls(actions, Math.max(1, Math.floor(characters)))
  const fragment = (call: JsonObject): WireAction => eventAction(withDelta(like, { tool_calls: [call] }))
  const piecesOf = ({ first: { index }, pieces }: WrittenCall): readonly WireAction[] =>
    pieces.map((piece) => fragment({ ...(index !== undefined && { index }), function: { arguments: piece } }))
  const starts = calls.map((call) => fragment(call.first))
  const written = isInTurn
    ? [...starts, ...interleave(calls.map(piecesOf))]
    : calls.flatMap((call, position) => [...starts.slice(position, position + 1), ...piecesOf(call)])
  return { ...transmission, actions: actions.flatMap((action, index) => (index === first ? written : holdsCalls(action) ? [] : [action])) }
}

function holdsCalls(action: WireAction): boolean {
  return isBytes(action) && action.role === 'event' && callsIn(action).length > 0
}

/** The tool calls of the first choice of an event or a body. */
export function callsIn(action: WireAction): readonly JsonObject[] {
  if (!isBytes(action)) return []
  const [choice] = asArray(asObject(action.payload)['choices'])
  const { delta, message } = asObject(choice)
  return asArray(asObject(delta ?? message)['tool_calls']).map(asObject)
}

function collectCalls(actions: readonly WireAction[], characters: number): readonly WrittenCall[] {
  const calls = new Map<Json | undefined, { first: JsonObject; text: string }>()
  for (const call of actions.flatMap(callsIn)) {
    const described = asObject(call['function'])
    const text = typeof described['arguments'] === 'string' ? described['arguments'] : ''
    const known = calls.get(call['index'])
    if (known === undefined) calls.set(call['index'], { first: { ...call, function: { ...described, arguments: '' } }, text })
    else known.text += text
  }
  return [...calls.values()].map(({ first, text }) => ({ first, pieces: split(text, characters) }))
}

function split(text: string, characters: number): readonly string[] {
  return Array.from({ length: Math.ceil(text.length / characters) }, (_, index) => text.slice(index * characters, (index + 1) * characters))
}
