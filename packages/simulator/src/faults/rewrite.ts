import { asArray, asObject, isObject, type Json, type JsonObject } from '../json.ts'
import { cutAt, isBytes, isEvent } from '../wire/positions.ts'
import { bodyAction, eventAction, type Transmission, type WireAction } from '../wire/transmission.ts'

/** Changes the JSON object inside each event and body. An event may become several. */
export function rewritePayloads(transmission: Transmission, change: (payload: JsonObject) => Json | readonly JsonObject[]): Transmission {
  const actions = transmission.actions.flatMap((action): readonly WireAction[] => {
    if (!isBytes(action) || !isObject(action.payload)) return [action]
    const changed = change(action.payload)
    if (changed === action.payload) return [action]
    return (Array.isArray(changed) ? (changed as readonly JsonObject[]) : [changed]).map(action.role === 'event' ? eventAction : bodyAction)
  })
  return { ...transmission, actions }
}

/** Changes each choice of each event and body. */
export function rewriteChoices(transmission: Transmission, change: (choice: JsonObject) => JsonObject): Transmission {
  return rewritePayloads(transmission, (payload) =>
    payload['choices'] === undefined ? payload : { ...payload, choices: asArray(payload['choices']).map((choice) => change(asObject(choice))) },
  )
}

/** Changes the content of each choice: the deltas of a stream, the messages of a body. */
export function rewriteContents(transmission: Transmission, change: (content: JsonObject) => JsonObject): Transmission {
  return rewriteChoices(transmission, (choice) => {
    const key = choice['delta'] === undefined ? 'message' : 'delta'
    return isObject(choice[key]) ? { ...choice, [key]: change(choice[key]) } : choice
  })
}

/** Inserts actions in the middle of the content. `make` gets the payload of the event before them. */
export function insertInTheMiddle(transmission: Transmission, make: (like: JsonObject) => readonly WireAction[]): Transmission {
  return insertAt(transmission, 'mid-stream', make)
}

/** Inserts actions at a position of a stream. `make` gets the payload of the event before them. A body is not changed. */
export function insertAt(
  transmission: Transmission,
  position: 'mid-stream' | 'before-finish',
  make: (like: JsonObject) => readonly WireAction[],
): Transmission {
  const { before, after } = cutAt(transmission, position)
  const like = before.findLast(isEvent)
  return like === undefined ? transmission : { ...transmission, actions: [...before, ...make(asObject(like.payload)), ...after] }
}

/** The payload of an event with another delta for its first choice. */
export function withDelta(like: JsonObject, delta: Json | undefined, rest: JsonObject = {}): JsonObject {
  const { delta: _, ...choice } = asObject(asArray(like['choices'])[0])
  return { ...like, choices: [{ ...choice, finish_reason: null, ...(delta !== undefined && { delta }), ...rest }] }
}
