import { callToolName } from '../contract/catalogue.ts'
import { isJsonObject, type Json } from '../contract/json.ts'
import { memberText } from '../contract/member-text.ts'
import type { ToolCallPart } from '../contract/messages.ts'

/** A call with the tool that it is meant for, and its arguments; or why that cannot be read. */
export interface UnwrappedCall {
  /** What results and events show. The message keeps the call as the model wrote it. */
  readonly part: ToolCallPart
  readonly problem?: string
}

const form = `${callToolName} takes {"name": the name of a tool, "input": {its arguments}}`

/**
 * Reads what a call of `call_tool` asks for. The arguments stay the text that the model wrote, so that their numbers are read by the schema
 * of the tool. Some models write them as a text of JSON, which is read too.
 */
export function unwrapCall(part: ToolCallPart): UnwrappedCall {
  let call: Json
  try {
    call = JSON.parse(part.inputText) as Json
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { part, problem: `Not run: the arguments are not valid JSON (${reason}). Send the call again: ${form}.` }
  }
  if (!isJsonObject(call) || typeof call['name'] !== 'string') return { part, problem: `Not run: no tool is named. Send the call again: ${form}.` }
  const { name, input, ...others } = call as { readonly name: string; readonly [key: string]: Json }
  const named = { ...part, toolName: name }
  const [other] = Object.keys(others)
  if (other !== undefined)
    return { part: named, problem: `Not run: '${other.slice(0, 100)}' is not expected beside name and input. Send the call again: ${form}.` }
  const inputText = typeof input === 'string' ? input : (memberText(part.inputText, 'input') ?? '')
  return { part: { ...named, inputText } }
}
