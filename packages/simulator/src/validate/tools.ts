import { asObject, isArray, isObject, type Json, type JsonObject } from '../json.ts'
import { badRequest, type Rejection } from '../rejection.ts'
import { refuse } from '../rules/refusal-rules.ts'
import type { CheckContext } from './context.ts'
import { schemaFlavourError } from './schema-flavour.ts'

/** Checks the tool list: its size, each definition, duplicate names. */
export function checkTools(context: CheckContext): Rejection | undefined {
  const { body, model, strict } = context
  const tools = body['tools']
  if (tools === undefined || tools === null) return undefined
  if (!isArray(tools)) return badRequest('Invalid tools value, it must be an array', 'tools')
  if (strict.noTools === true && tools.length > 0) return refuse(model.refusals.noTools, { model: model.id }, { parameter: 'tools' })
  if (tools.length > model.maxTools) return badRequest(`Invalid request: at most ${model.maxTools} tools are allowed, got ${tools.length}`, 'tools')
  for (const [index, tool] of tools.entries()) {
    const found = checkTool(context, tool, `tools[${index}]`)
    if (found !== undefined) return found
  }
  return model.looseTools === true ? undefined : checkNames(tools)
}

function checkTool(context: CheckContext, tool: Json, at: string): Rejection | undefined {
  if (!isObject(tool) || tool['type'] !== 'function') return badRequest(`Invalid request: ${at}.type must be 'function'`, 'tools')
  const definition = tool['function']
  if (!isObject(definition)) return badRequest(`Invalid request: ${at}.function is missing`, 'tools')
  const { name, description } = definition
  if (context.model.looseTools === true && typeof name === 'string' && name !== '') return undefined
  if (typeof name !== 'string' || !context.model.toolName.test(name)) {
    return badRequest(`Invalid request: ${at}.function.name is invalid, it must match ${context.model.toolName.source}`, 'tools')
  }
  if (typeof description !== 'string') return badRequest(`Invalid request: ${at}.function.description is missing`, 'tools')
  return checkParameters(context, definition, at)
}

function checkParameters(context: CheckContext, definition: JsonObject, at: string): Rejection | undefined {
  const parameters = definition['parameters']
  if (!isObject(parameters) || parameters['type'] !== 'object') {
    return badRequest(`Invalid request: ${at}.function.parameters must be a JSON Schema of type object`, 'tools')
  }
  const { schemaFlavour } = context.model
  if (schemaFlavour === undefined || (schemaFlavour === 'strict' && context.strict.toolSchemas !== true)) return undefined
  const details = schemaFlavourError(parameters)
  if (details === undefined) return undefined
  return badRequest(`Invalid request: tools.function.parameters is not a valid moonshot flavored json schema, details: <${details}>`, 'tools')
}

function checkNames(tools: readonly Json[]): Rejection | undefined {
  const seen = new Set<Json | undefined>()
  for (const tool of tools) {
    const name = asObject(asObject(tool)['function'])['name']
    if (seen.has(name)) return badRequest(`Invalid request: function name ${String(name)} is duplicated`, 'tools')
    seen.add(name)
  }
  return undefined
}
