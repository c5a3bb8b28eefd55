import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../json.ts'
import type { OfflineTool } from './conversation.ts'
import type { Facts } from './facts.ts'
import { type Source, sourcesFor } from './string-sources.ts'

/** How parameters are filled. */
export interface FillOptions {
  /** Whether a required value that is not in the words is made up from the schema; otherwise the filling fails. */
  readonly isForced: boolean
  /** How many facts of each kind another call of the same step took already. */
  readonly skip: number
}

/** Input for a tool, and how many of its values are facts of a telling kind. */
export interface Filled {
  readonly input: JsonObject
  readonly strongCount: number
  /** How many facts the first telling parameter could take: one call for each makes sense. */
  readonly choices: number
}

/** Fills the required parameters of a tool, and those optional ones that the words name. `undefined` when a required one is missing. */
export function fillParameters(tool: OfflineTool, facts: Facts, options: FillOptions): Filled | undefined {
  const filler = new Filler(facts, options)
  const input: Record<string, Json> = {}
  for (const { name, description, schema, isRequired } of tool.parameters) {
    const value = filler.fill({ schema, hint: `${name} ${description}`, isRequired })
    if (value !== undefined) input[name] = value
    else if (isRequired) return undefined
  }
  return { input, strongCount: filler.strongCount, choices: filler.choices }
}

/** Makes a value for any schema from facts; what is not there is made up. */
export function fillSchema(schema: JsonObject, facts: Facts): Json {
  const filler = new Filler(facts, { isForced: true, skip: 0 })
  return filler.fill({ schema, hint: asString(schema['description']) ?? '', isRequired: true }) ?? null
}

/** A JSON Schema of an object with properties. */
export function isObjectSchema(value: Json | undefined): value is JsonObject {
  return isObject(value) && isObject(value['properties'])
}

/** One value to fill. */
interface Slot {
  readonly schema: JsonObject
  /** Name and description. */
  readonly hint: string
  readonly isRequired: boolean
}

/** Takes facts for one call, each at most once. */
class Filler {
  strongCount = 0
  choices = 1
  readonly #facts: Facts
  readonly #options: FillOptions
  readonly #numbers: string[]
  readonly #taken = new Map<string, number>()

  constructor(facts: Facts, options: FillOptions) {
    this.#facts = facts
    this.#options = options
    this.#numbers = [...facts.numbers]
  }

  fill(slot: Slot): Json | undefined {
    const { schema, isRequired } = slot
    if (schema['const'] !== undefined) return schema['const']
    if (schema['enum'] !== undefined) return this.#fillEnum(slot)
    const branch = asArray(schema['anyOf'] ?? schema['oneOf']).find((option) => asObject(option)['type'] !== 'null')
    if (branch !== undefined) return this.fill({ ...slot, schema: asObject(branch) })
    const type = asArray(schema['type']).find((name) => name !== 'null') ?? schema['type'] ?? 'string'
    if (type === 'string') return this.#fillString(slot)
    // Only strings are telling enough to fill what is not required.
    return isRequired ? this.#fillRequired(type, slot) : undefined
  }

  #fillRequired(type: Json, { schema, hint }: Slot): Json | undefined {
    switch (type) {
      case 'number':
      case 'integer':
        return this.#fillNumber(schema, type)
      case 'boolean':
        return schema['default'] === true || this.#isNamed(hint)
      case 'array':
        return this.#fillArray(schema, hint)
      case 'object':
        return this.#fillObject(schema)
      default:
        return null
    }
  }

  #fillEnum({ schema, isRequired }: Slot): Json | undefined {
    const values = asArray(schema['enum'])
    const text = this.#facts.text.toLowerCase()
    const named = values.find((value) => typeof value === 'string' && new RegExp(`(?<!\\p{L})${escapeRegex(value.toLowerCase())}`, 'u').test(text))
    return named ?? (isRequired ? (schema['default'] ?? values[0]) : undefined)
  }

  #fillString({ schema, hint, isRequired }: Slot): string | undefined {
    const sources = sourcesFor(schema, hint, this.#facts).filter(({ isStrong }) => isRequired || isStrong)
    const found = sources.map((source) => this.#take(source)).find((value) => value !== undefined)
    if (found !== undefined || !isRequired) return found
    return asString(schema['default']) ?? (this.#options.isForced ? this.#facts.topic : undefined)
  }

  #take({ name, values, isStrong }: Source): string | undefined {
    const position = this.#taken.get(name) ?? this.#options.skip
    const value = values[position]
    if (value === undefined) return undefined
    if (isStrong && this.strongCount === 0) this.choices = values.length
    if (isStrong) this.strongCount += 1
    this.#taken.set(name, position + 1)
    return value
  }

  #fillNumber(schema: JsonObject, type: 'number' | 'integer'): number | undefined {
    const found = this.#numbers.shift()
    const value = found === undefined ? (schema['default'] ?? (this.#options.isForced ? (schema['minimum'] ?? 1) : undefined)) : Number(found)
    if (typeof value !== 'number') return undefined
    return type === 'integer' ? Math.round(value) : value
  }

  #fillArray(schema: JsonObject, hint: string): Json | undefined {
    const items = asObject(schema['items'])
    if (items['type'] === 'object') return [this.#fillObject(items)]
    const isNumbers = items['type'] === 'number' || items['type'] === 'integer'
    const values = isNumbers ? this.#numbers.splice(0).map(Number) : this.#listFor(items, hint)
    if (values.length > 0) return [...values]
    if (!this.#options.isForced) return undefined
    return isNumbers ? [1] : [this.#facts.topic]
  }

  #listFor(items: JsonObject, hint: string): readonly string[] {
    return sourcesFor(items, hint, this.#facts).find(({ values }) => values.length > 0)?.values ?? []
  }

  #fillObject(schema: JsonObject): JsonObject {
    const required = asArray(schema['required'])
    const entries = Object.entries(asObject(schema['properties'])).map(([name, property]) => {
      const child = asObject(property)
      const hint = `${name} ${asString(child['description']) ?? ''}`
      return [name, this.fill({ schema: child, hint, isRequired: required.includes(name) || this.#options.isForced })] as const
    })
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
  }

  /** Whether the words name a flag. */
  #isNamed(hint: string): boolean {
    const [name = ''] = hint.split(' ')
    const text = this.#facts.text.toLowerCase()
    return name.split('_').some((word) => word.length > 3 && text.includes(word.toLowerCase()))
  }
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
