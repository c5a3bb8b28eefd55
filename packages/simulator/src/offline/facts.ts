import { asString, type JsonObject } from '../json.ts'
import { findLocations, findNames } from './cities.ts'
import { ISO_DATE } from './dates.ts'
import { findPaths, findQuoted } from './files.ts'
import { topicOf } from './words.ts'

type WrittenFact = 'numbers' | 'dates' | 'times' | 'emails' | 'urls' | 'paths' | 'identifiers' | 'currencies'

/** Kinds of facts. `topic` has one item: what the text is about. `passages` are quoted text and what follows a colon. */
export type FactKind = 'topic' | 'quoted' | 'passages' | 'locations' | 'names' | WrittenFact

/** What the rules find in a piece of text, in order, by kind. */
export type Facts = Readonly<Record<FactKind, readonly string[]>> & { readonly text: string }

/** Finds the facts of a text. */
export function findFacts(text: string): Facts {
  const emails = all(text, /(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g)
  const urls = all(text, /https?:\/\/[^\s"'<>)]*[^\s"'<>).,;?!]/g)
  const dates = all(text, ISO_DATE)
  const identifiers = all(text, /#\d+\b|(?<![A-Z0-9-])(?=[A-Z0-9-]*\d)[A-Z]{1,6}-?\d[\dA-Z-]*\b/g)
  const bare = without(text, [...emails, ...urls, ...dates, ...identifiers])
  const times = [...bare.matchAll(/\b\d{1,2}:\d{2}\b/g)].map((found) => found[0])
  const quoted = findQuoted(text)
  return {
    text,
    topic: [topicOf(text)],
    quoted,
    passages: [...quoted, ...[...text.matchAll(/:\s+(\S[\s\S]*)$/g)].map((found) => (found[1] ?? '').trim())],
    locations: findLocations(text),
    names: findNames(text),
    numbers: [...without(bare, times).matchAll(/(?<![\w.])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?!\w)/g)].map((found) => found[0].replaceAll(',', '')),
    dates,
    times,
    emails,
    urls,
    paths: findPaths(bare),
    identifiers,
    currencies: all(text, /\b(?:USD|EUR|GBP|JPY|CNY|CHF|CAD|AUD|INR|SEK|NOK|DKK|KRW|BRL)\b/g),
  }
}

function all(text: string, regex: RegExp): readonly string[] {
  return [...new Set([...text.matchAll(regex)].map((found) => found[0]))]
}

function without(text: string, parts: readonly string[]): string {
  return parts.reduce((rest, part) => rest.replaceAll(part, ' '), text)
}

/** A kind of fact that a string parameter can be taken from. */
export interface Source {
  readonly kind: FactKind
  /** Whether a value of it shows that the tool is meant: a city does, the topic of a sentence does not. */
  readonly isStrong: boolean
}

/** Where the values of a string parameter come from, by its format, its name, or its name and description (`hint`). */
type SourceRule = { readonly [Key in 'format' | 'name' | 'hint']?: RegExp } & { readonly sources: readonly Source[] }

const strong = (kind: Source['kind']): Source => ({ kind, isStrong: true })
const weak = (kind: Source['kind']): Source => ({ kind, isStrong: false })

const LOCATION = /city|cities|place|location|town|country|region|destination|origin|address|airport|\bwhere\b/i
const IDENTIFIER = /(?:\b|_)(?:id|identifier|number|code|sku|order|ticket|reference)(?:\b|_)|[a-z]Id\b/i
const PERSON = /\bname|person|customer|\buser|author|\bwho\b|recipient|contact/i

const sourceRules: readonly SourceRule[] = [
  { format: /^date/, name: /date|\bday\b|deadline|check.?(?:in|out)/i, sources: [strong('dates')] },
  { format: /^email$/, hint: /e-?mail/i, sources: [strong('emails')] },
  { format: /^uri$/, hint: /\burl\b|\blink\b|website/i, sources: [strong('urls')] },
  { format: /^time$/, name: /\btime\b/i, sources: [strong('times')] },
  { hint: /path|\bfile|folder|directory/i, sources: [strong('paths'), strong('quoted')] },
  { hint: /currency|currencies/i, sources: [strong('currencies')] },
  { hint: LOCATION, sources: [strong('locations'), weak('names'), strong('quoted')] },
  { hint: IDENTIFIER, sources: [strong('identifiers'), strong('quoted'), weak('numbers')] },
  { name: /^to$/, hint: PERSON, sources: [strong('quoted'), strong('names')] },
  { hint: /text|content|message|body|sentence|paragraph|note|string/i, sources: [strong('passages'), weak('topic')] },
  { hint: /(?:)/, sources: [strong('quoted'), weak('topic')] },
]

/**
 * The kinds of facts that a string parameter can be taken from, best first.
 *
 * @param hint - Its name, a space, and its description.
 */
export function sourcesFor(schema: JsonObject, hint: string): readonly Source[] {
  const format = asString(schema['format']) ?? ''
  const [name = ''] = hint.split(' ')
  const found = sourceRules.find((rule) => rule.format?.test(format) || rule.name?.test(name) || rule.hint?.test(hint))
  return found?.sources ?? []
}
