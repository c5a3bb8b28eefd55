import { asArray, asObject, isObject, type Json, type JsonObject } from '../json.ts'
import { badRequest, type Rejection } from '../rejection.ts'
import type { CheckContext } from './context.ts'

const UNSUPPORTED: readonly string[] = ['minLength', 'maxLength', 'minItems', 'maxItems']

/**
 * Checks DeepSeek's strict mode: only at the beta path, for all tools or for none, and with schemas that name every property
 * as required and allow no other. The page has no message for a refusal: the messages are ours.
 *
 * @see https://api-docs.deepseek.com/guides/tool_calls
 */
export function checkStrictTools({ body, model, isBeta }: CheckContext): Rejection | undefined {
  if (model.strictTools !== true) return undefined
  const definitions = asArray(body['tools']).map((tool) => asObject(asObject(tool)['function']))
  const strict = definitions.filter((definition) => definition['strict'] === true)
  if (strict.length === 0) return undefined
  if (!isBeta) return badRequest('Invalid request: strict mode is only available at https://api.deepseek.com/beta', 'tools')
  if (strict.length < definitions.length) return badRequest('Invalid request: strict must be set for all functions or for none', 'tools')
  for (const { name, parameters } of strict) {
    const problem = strictProblem(parameters, 'root')
    if (problem !== undefined) return badRequest(`Invalid request: the schema of function ${String(name)} does not fit strict mode: ${problem}`, 'tools')
  }
  return undefined
}

function strictProblem(schema: Json | undefined, path: string): string | undefined {
  if (!isObject(schema)) return `${path} must be an object`
  const unsupported = Object.keys(schema).find((key) => UNSUPPORTED.includes(key))
  if (unsupported !== undefined) return `${path} has the unsupported keyword ${unsupported}`
  return objectProblem(schema, path) ?? childProblem(schema, path)
}

function objectProblem(schema: JsonObject, path: string): string | undefined {
  if (schema['type'] !== 'object') return undefined
  if (schema['additionalProperties'] !== false) return `${path} must set additionalProperties to false`
  const required = asArray(schema['required'])
  const missing = Object.keys(asObject(schema['properties'])).find((name) => !required.includes(name))
  return missing === undefined ? undefined : `${path} must list ${missing} as required`
}

function childProblem(schema: JsonObject, path: string): string | undefined {
  const children: (readonly [string, Json | undefined])[] = [
    ...['properties', '$defs', '$def'].flatMap((key) => Object.entries(asObject(schema[key])).map(([name, child]) => [`${path}.${name}`, child] as const)),
    ...asArray(schema['anyOf']).map((child, index) => [`${path}.anyOf[${index}]`, child] as const),
    ...(schema['items'] === undefined ? [] : [[`${path}.items`, schema['items']] as const]),
  ]
  for (const [childPath, child] of children) {
    const found = strictProblem(child, childPath)
    if (found !== undefined) return found
  }
  return undefined
}
