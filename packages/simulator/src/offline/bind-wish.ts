import type { Json } from '../json.ts'
import type { OfflineTool, Parameter } from './conversation.ts'
import type { Wish, WishKind } from './wish.ts'

/** A tool that can do a kind of work, and how its input is made from values by role. */
export interface Binding {
  readonly kind: WishKind
  readonly tool: OfflineTool
  readonly input: (values: Wish['values']) => Json
}

interface Recipe {
  /** Words that the name, or else the description, must have. */
  readonly words: RegExp
  /** Roles and the names of parameters that can hold them, best first. */
  readonly roles: Readonly<Record<string, RegExp>>
  /** Roles without which the tool does not fit. */
  readonly needs: readonly string[]
}

const DATE_AMOUNTS = { years: /year/i, months: /month/i, weeks: /week/i, days: /day/i, hours: /hour/i, minutes: /minute/i }

const recipes: Readonly<Record<WishKind, Recipe>> = {
  calculate: {
    words: /calc|arith|math|expression|evaluat|comput/i,
    roles: { expression: /expr|formula|calculation|equation|input|query|problem/i },
    needs: ['expression'],
  },
  'date-difference': {
    words: /differ|between|elapsed|duration|interval|apart/i,
    roles: { from: /^(?:from|start|since|first|date_?1|a$|earlier|begin)/i, to: /^(?:to|end|until|second|date_?2|b$|later)/i, unit: /unit/i },
    needs: ['from', 'to'],
  },
  'date-add': {
    words: /add|shift|plus|offset|after|before/i,
    roles: { date: /date|from|start|day$/i, ...DATE_AMOUNTS, amount: /amount|count|number|value/i, unit: /unit/i },
    needs: ['date'],
  },
  weekday: { words: /weekday|day of (?:the )?week|day_of_week/i, roles: { date: /date|day/i }, needs: ['date'] },
  'convert-time': {
    words: /time|zone/i,
    roles: { from_zone: /^(?:from|source).*|^(?:zone|tz)_?1/i, to_zone: /^(?:to|target|dest).*|^(?:zone|tz)_?2/i, time: /time|when|date/i },
    needs: ['time', 'from_zone', 'to_zone'],
  },
  'list-files': { words: /list|director|folder|\bls\b|\bdir\b/i, roles: { path: /path|folder|dir|root/i }, needs: ['path'] },
  'read-file': { words: /read|cat\b|open|content/i, roles: { path: /path|file|name/i }, needs: ['path'] },
  'search-files': {
    words: /search|grep|find/i,
    roles: { query: /query|pattern|text|term|needle|search/i, path: /path|folder|dir|root/i },
    needs: ['query', 'path'],
  },
}

const FILE_KINDS: readonly WishKind[] = ['list-files', 'read-file', 'search-files']

/** Finds, for each kind of work, the first tool that can do it. */
export function bindTools(tools: readonly OfflineTool[]): readonly Binding[] {
  const kinds = Object.keys(recipes) as WishKind[] // The keys of the recipes are the kinds.
  return kinds.flatMap((kind) => {
    const byName = tools.filter((tool) => recipes[kind].words.test(tool.name))
    const byDescription = tools.filter((tool) => !byName.includes(tool) && recipes[kind].words.test(tool.description))
    const bound = [...byName, ...byDescription].map((tool) => bindTool(kind, tool)).find((binding) => binding !== undefined)
    return bound === undefined ? [] : [bound]
  })
}

function bindTool(kind: WishKind, tool: OfflineTool): Binding | undefined {
  if (FILE_KINDS.includes(kind) && !/file|folder|director|path|code/i.test(`${tool.name} ${tool.description}`)) return undefined
  const { roles, needs } = recipes[kind]
  const parameters = new Map<string, Parameter>()
  for (const [role, names] of Object.entries(roles)) {
    const free = tool.parameters.filter((parameter) => ![...parameters.values()].includes(parameter))
    const found = free.find(({ name }) => name.toLowerCase() === role) ?? free.find(({ name }) => names.test(name))
    if (found !== undefined) parameters.set(role, found)
  }
  if (!needs.every((role) => parameters.has(role))) return undefined
  if (kind === 'date-add' && !['days', 'amount'].some((role) => parameters.has(role))) return undefined
  // A required parameter that no role fills would make every call invalid.
  if (tool.parameters.some((parameter) => parameter.isRequired && ![...parameters.values()].includes(parameter))) return undefined
  return { kind, tool, input: (values) => makeInput(values, parameters) }
}

function makeInput(values: Wish['values'], parameters: ReadonlyMap<string, Parameter>): Json {
  const entries: [string, Json][] = []
  for (const [role, value] of Object.entries(values)) {
    const parameter = parameters.get(role)
    if (parameter !== undefined) entries.push([parameter.name, typed(value, parameter)])
    else entries.push(...asAmount(role, value, parameters))
  }
  return Object.fromEntries(entries)
}

/** `days: 90` for a tool that wants an amount and a unit. */
function asAmount(role: string, value: string | number, parameters: ReadonlyMap<string, Parameter>): readonly [string, Json][] {
  const amount = parameters.get('amount')
  const unit = parameters.get('unit')
  if (amount === undefined || typeof value !== 'number') return []
  return [[amount.name, value], ...(unit === undefined ? [] : [[unit.name, role] as [string, Json]])]
}

function typed(value: string | number, parameter: Parameter): Json {
  const wantsText = parameter.schema['type'] === 'string'
  return wantsText ? String(value) : value
}
