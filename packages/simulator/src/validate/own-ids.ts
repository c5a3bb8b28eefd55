import { asArray, asObject, asString, type JsonObject } from '../json.ts'

const OWN_ID = /^functions\.[^<\s]+:\d+$/

/** Whether the history has calls whose ids do not have the form that Kimi's weights generate: `functions.NAME:IDX`. */
export function hasForeignIds(body: JsonObject): boolean {
  const calls = asArray(body['messages']).flatMap((message) => asArray(asObject(message)['tool_calls']))
  return calls.some((call) => !OWN_ID.test(asString(asObject(call)['id']) ?? ''))
}
