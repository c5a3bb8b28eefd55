import type { Json } from '../json.ts'
import type { OfflineTool, Parameter } from './read-request.ts'
import type { TaskKind, TaskValues } from './task.ts'
import { taskKinds } from './task-kinds.ts'

/** A tool that can do a kind of work, and its parameters by role. */
export interface Binding {
  readonly tool: OfflineTool
  readonly parameters: ReadonlyMap<string, Parameter>
}

/** Finds, for each kind of work, the first tool that can do it. A tool's name says more than its description. */
export function bindTools(tools: readonly OfflineTool[]): ReadonlyMap<TaskKind, Binding> {
  const kinds = Object.keys(taskKinds) as TaskKind[] // The keys of the table are the kinds.
  const bound = kinds.flatMap((kind) => {
    const { toolWords } = taskKinds[kind]
    const [named, described] = [tools.filter(({ name }) => toolWords.test(name)), tools.filter(({ description }) => toolWords.test(description))]
    return [...named, ...described].flatMap((tool) => bindTool(kind, tool)).slice(0, 1)
  })
  return new Map(bound)
}

function bindTool(kind: TaskKind, tool: OfflineTool): readonly (readonly [TaskKind, Binding])[] {
  const { topic, roles, needs = Object.keys(roles).map((role) => [role]) } = taskKinds[kind]
  if (topic !== undefined && !topic.test(`${tool.name} ${tool.description}`)) return []
  const parameters = new Map<string, Parameter>()
  const free = new Set(tool.parameters)
  for (const [role, names] of Object.entries(roles)) {
    const found = [...free].find(({ name }) => name.toLowerCase() === role) ?? [...free].find(({ name }) => names.test(name))
    if (found === undefined) continue
    parameters.set(role, found)
    free.delete(found)
  }
  // A required parameter without a role would make every call invalid.
  const isUsable = needs.every((group) => group.some((role) => parameters.has(role))) && ![...free].some(({ isRequired }) => isRequired)
  return isUsable ? [[kind, { tool, parameters }]] : []
}

/** The input of a call, from values by role. */
export function inputFrom(values: TaskValues, parameters: Binding['parameters']): Json {
  const amount = parameters.get('amount')
  const unit = parameters.get('unit')
  const fields = Object.entries(values).flatMap(([role, value]): readonly (readonly [string, Json])[] => {
    const parameter = parameters.get(role)
    if (parameter !== undefined) return [[parameter.name, parameter.schema['type'] === 'string' ? String(value) : value]]
    // `days: 90` for a tool that takes an amount and a unit.
    if (amount === undefined || typeof value !== 'number') return []
    return [[amount.name, value], ...(unit === undefined ? [] : [[unit.name, role] as const])]
  })
  return Object.fromEntries(fields)
}
