import { asArray, asObject, isObject, type Json, type JsonObject } from '../json.ts'
import { cutAt, isBytes } from '../wire/places.ts'
import { eventAction, type Transmission, type WireAction } from '../wire/transmission.ts'

/** Changes what each choice says: the deltas of a stream, the messages of a body. */
export function rewriteContents(transmission: Transmission, change: (content: JsonObject) => JsonObject): Transmission {
  const changed = (payload: JsonObject): Json => ({
    ...payload,
    choices: asArray(payload['choices']).map((choice) => changeChoice(asObject(choice), change)),
  })
  const actions = transmission.actions.map((action): WireAction => {
    if (!isBytes(action) || !isObject(action.payload) || action.payload['choices'] === undefined) return action
    const payload = changed(action.payload)
    return action.role === 'event' ? eventAction(payload) : { ...action, payload, bytes: Buffer.from(JSON.stringify(payload)) }
  })
  return { ...transmission, actions }
}

function changeChoice(choice: JsonObject, change: (content: JsonObject) => JsonObject): JsonObject {
  const key = choice['delta'] === undefined ? 'message' : 'delta'
  return isObject(choice[key]) ? { ...choice, [key]: change(choice[key]) } : choice
}

/** Puts actions into the middle of the content, in the form of the events around them. */
export function insertInTheMiddle(transmission: Transmission, make: (like: JsonObject) => readonly WireAction[]): Transmission {
  const { before, after } = cutAt(transmission, 'mid-stream')
  const like = before.findLast((action) => isBytes(action) && action.role === 'event')
  if (like === undefined || !isBytes(like)) return transmission
  return { ...transmission, actions: [...before, ...make(asObject(like.payload)), ...after] }
}

/** The payload of an event with another content for its first choice. */
export function withDelta(like: JsonObject, delta: Json | undefined, rest: JsonObject = {}): JsonObject {
  const { delta: _, ...choice } = asObject(asArray(like['choices'])[0])
  return { ...like, choices: [{ ...choice, finish_reason: null, ...(delta !== undefined && { delta }), ...rest }] }
}
