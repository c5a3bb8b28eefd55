import { asString, type JsonObject } from '../json.ts'
import type { Facts } from './facts.ts'

/** A list of facts that a string parameter can be taken from. */
export interface Source {
  /** Names the list: what was taken from it is remembered under this name. */
  readonly name: string
  readonly values: readonly string[]
  /** Whether a value of it shows that the tool is meant: a city does, the topic of a sentence does not. */
  readonly isStrong: boolean
}

/** Where to look for a string, best first: by its format, then by the words of its name and description. */
export function sourcesFor(schema: JsonObject, hint: string, facts: Facts): readonly Source[] {
  const format = asString(schema['format']) ?? ''
  const [name = ''] = hint.split(' ')
  const quoted = strong('quoted', facts.quoted)
  const names = facts.names
  const topic = weak('topic', [facts.topic])
  const text = facts.afterColon === undefined ? facts.quoted : [...facts.quoted, facts.afterColon]
  const places = facts.places.map((place) => place.text)
  const rules: readonly (readonly [boolean, readonly Source[]])[] = [
    [format.startsWith('date') || /date|\bday\b|deadline|check.?(?:in|out)/i.test(name), [strong('dates', facts.dates)]],
    [format === 'email' || /e-?mail/i.test(hint), [strong('emails', facts.emails)]],
    [format === 'uri' || /\burl\b|\blink\b|website/i.test(hint), [strong('urls', facts.urls)]],
    [format === 'time' || /\btime\b/i.test(name), [strong('times', facts.times)]],
    [/path|\bfile|folder|directory/i.test(hint), [strong('paths', facts.paths), quoted]],
    [/currency|currencies/i.test(hint), [strong('currencies', facts.currencies)]],
    [PLACE.test(hint), [strong('places', places), weak('names', names), quoted]],
    [IDENTIFIER.test(hint), [strong('identifiers', facts.identifiers), quoted, weak('numbers', facts.numbers)]],
    [PERSON.test(hint) || name === 'to', [quoted, strong('names', names)]],
    [/text|content|message|body|sentence|paragraph|note|string/i.test(hint), [strong('text', text), topic]],
  ]
  return rules.find(([fits]) => fits)?.[1] ?? [quoted, topic]
}

const PLACE = /city|cities|place|location|town|country|region|destination|origin|address|airport|\bwhere\b/i
const IDENTIFIER = /(?:\b|_)(?:id|identifier|number|code|sku|order|ticket|reference)(?:\b|_)|[a-z]Id\b/i
const PERSON = /\bname|person|customer|\buser|author|\bwho\b|recipient|contact/i

function strong(name: string, values: readonly string[]): Source {
  return { name, values, isStrong: true }
}

function weak(name: string, values: readonly string[]): Source {
  return { name, values, isStrong: false }
}
