import { asArray, asObject, asString, isArray, type Json, type JsonObject } from '../json.ts'
import { type FactKind, type Facts, type Source, sourcesFor } from './facts.ts'
import type { OfflineTool } from './read-request.ts'

/** Input for a tool, and how well the user's words fit it. */
export interface Filled {
  readonly input: JsonObject
  /** Number of values that are facts of a strong kind. */
  readonly strongCount: number
  /** Number of facts that the first strong parameter could take: one call for each makes sense. */
  readonly choices: number
}

/**
 * Fills the required parameters of a tool, and those optional ones that the words name.
 *
 * @param skip - Number of facts of each kind that other calls of the same step have taken.
 * @returns `undefined` when the words have no value for a required parameter.
 */
export function fillTool(tool: OfflineTool, facts: Facts, skip = 0): Filled | undefined {
  const filler = new Filler(facts, { isForced: false, skip, root: tool.schema })
  const input = filler.fillObject(tool.schema)
  if (tool.parameters.some(({ name, isRequired }) => isRequired && input[name] === undefined)) return undefined
  return { input, strongCount: filler.strongCount, choices: filler.choices }
}

/** Makes a value for any schema from facts; what the words do not say is made up. */
export function fillSchema(schema: JsonObject, facts: Facts): Json {
  return new Filler(facts, { isForced: true, skip: 0, root: schema }).fill({ schema, hint: asString(schema['description']) ?? '', isRequired: true }) ?? null
}

/** One value to fill. */
interface Slot {
  readonly schema: JsonObject
  /** Name and description. */
  readonly hint: string
  readonly isRequired: boolean
}

interface FillOptions {
  /** True where a required value that is not in the words is made up. */
  readonly isForced: boolean
  readonly skip: number
  /** The schema that references lead into. */
  readonly root: JsonObject
}

/** What a reference leads to is left out inside of more objects than this: schemas may refer to themselves. */
const maxDepth = 2

/** Takes facts for one call, each at most once. */
class Filler {
  strongCount = 0
  choices = 1
  readonly #facts: Facts
  readonly #options: FillOptions
  readonly #numbers: string[]
  readonly #taken = new Map<FactKind, number>()

  /** Objects that the current value is inside of. */
  #depth = 0

  constructor(facts: Facts, options: FillOptions) {
    this.#facts = facts
    this.#options = options
    this.#numbers = [...facts.numbers]
  }

  fill(given: Slot): Json | undefined {
    if (this.#isTooDeep(given.schema)) return undefined
    const slot = { ...given, schema: this.#follow(given.schema) }
    const { schema, isRequired } = slot
    if (schema['const'] !== undefined) return schema['const']
    if (schema['enum'] !== undefined) return this.#fillEnum(slot)
    const branches = asArray(schema['anyOf'] ?? schema['oneOf']).map(asObject)
    const branch = branches.find((option) => option['type'] !== 'null')
    if (branch !== undefined) return this.fill({ ...slot, schema: branch }) ?? (isRequired && branches.some(({ type }) => type === 'null') ? null : undefined)
    const type = asArray(schema['type']).find((name) => name !== 'null') ?? schema['type'] ?? 'string'
    if (type === 'string') return this.#fillString(slot)
    // Only strings show clearly enough that an optional parameter is meant.
    return isRequired ? this.#fillRequired(type, slot) : undefined
  }

  fillObject(schema: JsonObject): JsonObject {
    this.#depth += 1
    const filled = this.#fillProperties(schema)
    this.#depth -= 1
    return filled
  }

  #fillProperties(schema: JsonObject): JsonObject {
    const required = asArray(schema['required'])
    const fields = Object.entries(asObject(schema['properties'])).map(([name, property]) => {
      const child = asObject(property)
      const isRequired = required.includes(name) || this.#options.isForced
      return [name, this.fill({ schema: child, hint: `${name} ${asString(child['description']) ?? ''}`, isRequired })] as const
    })
    return Object.fromEntries(fields.filter(([, value]) => value !== undefined))
  }

  #fillRequired(type: Json, { schema, hint }: Slot): Json | undefined {
    if (type === 'number' || type === 'integer') return this.#fillNumber(schema, type)
    if (type === 'boolean') return schema['default'] === true || this.#isNamed(hint)
    if (type === 'array') return this.#fillArray(asObject(schema['items']), hint)
    return type === 'object' ? this.fillObject(schema) : null
  }

  #fillEnum({ schema, isRequired }: Slot): Json | undefined {
    const values = asArray(schema['enum'])
    const text = this.#facts.text.toLowerCase()
    const pattern = (value: string): RegExp => new RegExp(`(?<!\\p{L})${value.toLowerCase().replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'u')
    const named = values.find((value) => typeof value === 'string' && pattern(value).test(text))
    return named ?? (isRequired ? (schema['default'] ?? values[0]) : undefined)
  }

  #fillString({ schema, hint, isRequired }: Slot): string | undefined {
    const sources = sourcesFor(schema, hint).filter(({ isStrong }) => isRequired || isStrong)
    const found = sources.map((source) => this.#take(source)).find((value) => value !== undefined)
    if (found !== undefined || !isRequired) return found
    return asString(schema['default']) ?? (this.#options.isForced ? this.#facts.topic[0] : undefined)
  }

  #take({ kind, isStrong }: Source): string | undefined {
    const values = this.#facts[kind]
    const position = this.#taken.get(kind) ?? this.#options.skip
    const value = values[position]
    if (value === undefined) return undefined
    if (isStrong && this.strongCount === 0) this.choices = values.length
    if (isStrong) this.strongCount += 1
    this.#taken.set(kind, position + 1)
    return value
  }

  #fillNumber(schema: JsonObject, type: 'number' | 'integer'): number | undefined {
    const found = this.#numbers.shift()
    const value = found === undefined ? (schema['default'] ?? (this.#options.isForced ? (schema['minimum'] ?? 1) : undefined)) : Number(found)
    if (typeof value !== 'number') return undefined
    return type === 'integer' ? Math.round(value) : value
  }

  #follow(schema: JsonObject, left = 20): JsonObject {
    const reference = asString(schema['$ref'])
    if (reference === undefined || left === 0) return schema
    const names = reference.split('/').slice(1)
    const target = names.reduce<Json>((place, name) => asObject(isArray(place) ? place[Number(name)] : asObject(place)[name]), this.#options.root)
    return this.#follow(asObject(target), left - 1)
  }

  #isTooDeep(schema: JsonObject): boolean {
    return schema['$ref'] !== undefined && this.#depth > maxDepth
  }

  #fillArray(given: JsonObject, hint: string): Json | undefined {
    if (this.#isTooDeep(given)) return []
    const items = this.#follow(given)
    if (items['type'] === 'object') return [this.fillObject(items)]
    const isNumbers = items['type'] === 'number' || items['type'] === 'integer'
    const lists = isNumbers ? [this.#numbers.splice(0).map(Number)] : sourcesFor(items, hint).map(({ kind }) => this.#facts[kind])
    const values: Json | undefined = lists.find((list) => list.length > 0)
    return values ?? (this.#options.isForced ? [isNumbers ? 1 : (this.#facts.topic[0] ?? '')] : undefined)
  }

  /** Whether the words name a flag. */
  #isNamed(hint: string): boolean {
    const [name = ''] = hint.split(' ')
    const text = this.#facts.text.toLowerCase()
    return name.split('_').some((word) => word.length > 3 && text.includes(word.toLowerCase()))
  }
}
