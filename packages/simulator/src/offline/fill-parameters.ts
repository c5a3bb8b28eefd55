import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../json.ts'
import type { OfflineTool } from './conversation.ts'
import type { Facts } from './facts.ts'

/** How parameters are filled. */
export interface FillOptions {
  /** Whether a required value that is not in the words is made up from the schema; otherwise the filling fails. */
  readonly isForced: boolean
  /** Facts that another call of the same step took already: the n-th place, date or name is taken. */
  readonly skip: number
}

/** Input for a tool, and how many of its values are facts of a telling kind. */
export interface Filled {
  readonly input: JsonObject
  readonly strongCount: number
  /** How many facts of the same kind the first telling parameter could take: one call for each makes sense. */
  readonly choices: number
}

/** The list of facts that a string parameter is looked up in. */
interface Source {
  readonly values: readonly string[]
  readonly isStrong: boolean
}

/** Fills the required parameters of a tool, and those optional ones that the words name. `undefined` when a required one is missing. */
export function fillParameters(tool: OfflineTool, facts: Facts, options: FillOptions): Filled | undefined {
  const filler = createFiller(facts, options)
  const input: Record<string, Json> = {}
  for (const { name, description, schema, isRequired } of tool.parameters) {
    const value = filler.fill(schema, `${name} ${description}`, isRequired)
    if (value !== undefined) input[name] = value
    else if (isRequired) return undefined
  }
  return { input, ...filler.counts() }
}

/** Makes a value for any schema from facts; what is not there is made up. */
export function fillSchema(schema: JsonObject, facts: Facts): Json {
  return createFiller(facts, { isForced: true, skip: 0 }).fill(schema, asString(schema['description']) ?? '', true) ?? null
}

interface Filler {
  fill(schema: JsonObject, hint: string, isRequired: boolean): Json | undefined
  counts(): { readonly strongCount: number; readonly choices: number }
}

function createFiller(facts: Facts, options: FillOptions): Filler {
  const used = new Map<readonly string[], number>()
  const numbers = [...facts.numbers]
  let strongCount = 0
  let choices = 1

  function take({ values, isStrong }: Source): string | undefined {
    const position = used.get(values) ?? options.skip
    const value = values[position]
    if (value === undefined) return undefined
    if (isStrong && strongCount === 0) choices = values.length
    if (isStrong) strongCount += 1
    used.set(values, position + 1)
    return value
  }

  function fillString(schema: JsonObject, hint: string, isRequired: boolean): string | undefined {
    const sources = sourcesFor(schema, hint, facts)
    for (const source of sources) {
      if (!isRequired && !source.isStrong) continue
      const value = take(source)
      if (value !== undefined) return value
    }
    if (!isRequired) return undefined
    const fallback = asString(schema['default']) ?? (options.isForced ? facts.topic : undefined)
    return fallback
  }

  function fillNumber(schema: JsonObject, isRequired: boolean): number | undefined {
    const found = isRequired ? numbers.shift() : undefined
    const fallback = schema['default'] ?? (options.isForced ? (schema['minimum'] ?? 1) : undefined)
    const value = found === undefined ? fallback : Number(found)
    if (typeof value !== 'number' || !isRequired) return undefined
    return schema['type'] === 'integer' ? Math.round(value) : value
  }

  function fillArray(schema: JsonObject, hint: string): Json | undefined {
    const items = asObject(schema['items'])
    if (items['type'] === 'number' || items['type'] === 'integer') {
      const all = numbers.splice(0).map(Number)
      return all.length > 0 ? all : options.isForced ? [1] : undefined
    }
    if (items['type'] === 'object') return [fillObject(items)]
    const listed = sourcesFor(items, hint, facts).find(({ values }) => values.length > 0)
    return listed === undefined ? (options.isForced ? [facts.topic] : undefined) : [...listed.values]
  }

  function fillObject(schema: JsonObject): JsonObject {
    const required = asArray(schema['required'])
    const entries = Object.entries(asObject(schema['properties'])).map(([name, property]) => {
      const child = asObject(property)
      return [name, fill(child, `${name} ${asString(child['description']) ?? ''}`, required.includes(name) || options.isForced)] as const
    })
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
  }

  function fill(schema: JsonObject, hint: string, isRequired: boolean): Json | undefined {
    if (schema['const'] !== undefined) return schema['const']
    if (schema['enum'] !== undefined) return fillEnum(schema, facts, isRequired)
    const branch = asArray(schema['anyOf'] ?? schema['oneOf']).find((option) => asObject(option)['type'] !== 'null')
    if (branch !== undefined) return fill(asObject(branch), hint, isRequired)
    const type = asArray(schema['type']).find((name) => name !== 'null') ?? schema['type']
    switch (type) {
      case 'number':
      case 'integer':
        return fillNumber({ ...schema, type }, isRequired)
      case 'boolean':
        return isRequired ? schema['default'] === true || sharesWord(hint, facts.text) : undefined
      case 'array':
        return isRequired ? fillArray(schema, hint) : undefined
      case 'object':
        return isRequired ? fillObject(schema) : undefined
      case 'null':
        return null
      default:
        return fillString(schema, hint, isRequired)
    }
  }

  return { fill, counts: () => ({ strongCount, choices }) }
}

function fillEnum(schema: JsonObject, facts: Facts, isRequired: boolean): Json | undefined {
  const values = asArray(schema['enum'])
  const text = facts.text.toLowerCase()
  const named = values.find((value) => typeof value === 'string' && new RegExp(`(?<!\\p{L})${escapeRegex(value.toLowerCase())}`, 'u').test(text))
  return named ?? (isRequired ? (schema['default'] ?? values[0]) : undefined)
}

function sharesWord(hint: string, text: string): boolean {
  const [name = ''] = hint.split(' ')
  return name.split('_').some((word) => word.length > 3 && text.toLowerCase().includes(word.toLowerCase()))
}

const strong = (values: readonly string[]): Source => ({ values, isStrong: true })
const weak = (values: readonly string[]): Source => ({ values, isStrong: false })

/** Where to look for a string, by its format first, then by the words of its name and description. */
function sourcesFor(schema: JsonObject, hint: string, facts: Facts): readonly Source[] {
  const format = asString(schema['format']) ?? ''
  const [name = ''] = hint.split(' ')
  const texts = memo(facts, 'texts', () => [...facts.quoted, ...(facts.afterColon === undefined ? [] : [facts.afterColon])])
  const places = memo(facts, 'places', () => facts.places.map(({ text }) => text))
  const rest = [strong(facts.quoted), weak(memo(facts, 'topic', () => [facts.topic]))]
  const rules: readonly (readonly [boolean, readonly Source[]])[] = [
    [format.startsWith('date') || /date|\bday\b|deadline|check.?(?:in|out)/i.test(name), [strong(facts.dates)]],
    [format === 'email' || /e-?mail/i.test(hint), [strong(facts.emails)]],
    [format === 'uri' || /\burl\b|\blink\b|website/i.test(hint), [strong(facts.urls)]],
    [format === 'time' || /\btime\b/i.test(name), [strong(facts.times)]],
    [/path|\bfile|folder|directory/i.test(hint), [strong(facts.paths), strong(facts.quoted)]],
    [/currency|currencies/i.test(hint), [strong(facts.currencies)]],
    [/city|cities|place|location|town|country|region|destination|origin|address|airport|\bwhere\b/i.test(hint), [strong(places), weak(facts.names), strong(facts.quoted)]],
    [/(?:\b|_)(?:id|identifier|number|code|sku|order|ticket|reference)(?:\b|_)|[a-z]Id\b/i.test(hint), [strong(facts.identifiers), strong(facts.quoted), weak(facts.numbers)]],
    [/\bname|person|customer|\buser|author|\bwho\b|recipient|contact|\bto\b/i.test(hint), [strong(facts.quoted), strong(facts.names)]],
    [/text|content|message|body|sentence|paragraph|note|string/i.test(hint), [strong(texts), weak(memo(facts, 'topic', () => [facts.topic]))]],
  ]
  return rules.find(([fits]) => fits)?.[1] ?? rest
}

const memory = new WeakMap<Facts, Map<string, readonly string[]>>()

/** The same list for the same facts: what was taken from a list is remembered by the list itself. */
function memo(facts: Facts, key: string, make: () => readonly string[]): readonly string[] {
  const known = memory.get(facts) ?? new Map<string, readonly string[]>()
  memory.set(facts, known)
  const list = known.get(key) ?? make()
  known.set(key, list)
  return list
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** A JSON object schema in a text, such as a prompt; `undefined` when there is none. */
export function isObjectSchema(value: Json | undefined): value is JsonObject {
  return isObject(value) && isObject(value['properties'])
}
