import { asObject, asString, isObject, type Json, type JsonObject, parseJson } from '../json.ts'

/** Names of a tool that finds others by words, and of the one that calls them: `{ name, input }`. */
export const searchName = 'search_tools'
export const callName = 'call_tool'

/** A call of a tool that was found, as a call of the tool itself; any other call unchanged. */
export function unwrapCall(name: string, input: Json): { readonly name: string; readonly input: Json } {
  const inner = asObject(input)
  const innerName = asString(inner['name'])
  return name === callName && innerName !== undefined ? { name: innerName, input: inner['input'] ?? {} } : { name, input }
}

/** A tool in the text that a search returned. */
export interface FoundTool {
  readonly name: string
  readonly description: string
  readonly schema: JsonObject
}

/** The tools whose schemas are in the result of a search: `1. name: description`, and in the next line `input schema: {…}`. The best first. */
export function readFoundTools(text: string): readonly FoundTool[] {
  const found: FoundTool[] = []
  let last: { readonly name: string; readonly description: string } | undefined
  for (const line of text.split('\n')) {
    const [, name, description] = /^\d+\. ([\w-]+): (.*)$/.exec(line) ?? []
    const [, written] = /^ {1,8}input schema: (\{.*)$/.exec(line) ?? []
    const schema = written === undefined ? undefined : parseJson(written)
    if (last !== undefined && isObject(schema)) found.push({ ...last, schema })
    last = name === undefined || description === undefined ? undefined : { name, description }
  }
  return found
}
