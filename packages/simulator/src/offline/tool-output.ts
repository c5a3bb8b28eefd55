import { asString, isArray, isObject, type Json, type JsonObject, parseJson } from '../json.ts'
import type { WishKind } from './wish.ts'

/** What a tool answered, read as well as rules can. */
export interface ToolOutput {
  readonly isError: boolean
  /** Short words for people. */
  readonly summary: string
  /** The first date in it. */
  readonly date: string | undefined
  /** Its number, when it is one or holds one. */
  readonly number: string | undefined
  readonly text: string
}

const MAX_SUMMARY_CHARACTERS = 400
const ERROR_TEXT =
  /^\W*(error\b|failed\b|failure\b|not run\b|denied\b|invalid\b|unknown tool\b|timed? ?out\b|refused\b|cannot\b|could not\b|the tool .{0,60}(failed|threw|is unknown|does not exist)|tool .{0,60}(failed|not found))/i
const RESULT_KEYS = ['result', 'value', 'answer', 'output', 'date', 'weekday', 'total', 'text', 'content', 'time'] as const

/** Reads the text of a tool message. */
export function readOutput(text: string): ToolOutput {
  const parsed = parseJson(text)
  const error = isObject(parsed) ? errorOf(parsed) : ERROR_TEXT.test(text) ? text : undefined
  const summary = shorten(error ?? summarize(parsed ?? text))
  return {
    isError: error !== undefined,
    summary,
    date: /\b\d{4}-\d{2}-\d{2}\b/.exec(summary)?.[0] ?? /\b\d{4}-\d{2}-\d{2}\b/.exec(text)?.[0],
    number: /-?\d+(?:,\d{3})*(?:\.\d+)?/.exec(summary)?.[0]?.replaceAll(',', ''),
    text,
  }
}

/**
 * Judges an output by what the kind of work must give: a sum without a number and a date sum without a date are errors,
 * however they are worded. Tool messages carry no flag that says so.
 */
export function judgeOutput(kind: WishKind, output: ToolOutput): ToolOutput {
  const fits = EXPECTED[kind].test(output.summary)
  return fits ? output : { ...output, isError: true }
}

const NO_SUCH_FILE = /^(?![^\n]{0,200}(?:does not exist|not found|no such file|is a (?:folder|directory)|permission denied|outside))/i

const EXPECTED: Readonly<Record<WishKind, RegExp>> = {
  calculate: /^(?:about|≈|~|=)?\s*[-−(]?[$€£]?[\d.]/i,
  'date-difference': /^[-−]?\d|\b\d[\d,.]* (?:day|week|month|year|hour|minute|second)/i,
  'date-add': /\d{4}-\d{2}-\d{2}/,
  weekday: /\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b/i,
  'convert-time': /\d{1,2}:\d{2}/,
  'list-files': NO_SUCH_FILE,
  'read-file': NO_SUCH_FILE,
  'search-files': NO_SUCH_FILE,
}

function errorOf(output: JsonObject): string | undefined {
  const { error, ok, success, isError } = output
  if (isObject(error)) return asString(error['message']) ?? JSON.stringify(error)
  if (typeof error === 'string' && error !== '') return error
  if (ok !== false && success !== false && isError !== true) return undefined
  return asString(output['message']) ?? summarize(output)
}

/** Words for a JSON value: its one telling field, or all of its fields. */
export function summarize(value: Json): string {
  if (typeof value === 'string') return value.trim() === '' ? 'nothing' : value.trim()
  if (isArray(value)) return value.length === 0 ? 'nothing' : value.map((item) => (isObject(item) ? `(${fields(item)})` : summarize(item))).join(', ')
  if (!isObject(value)) return String(value)
  const telling = RESULT_KEYS.find((key) => ['string', 'number'].includes(typeof value[key]))
  if (telling !== undefined && Object.keys(value).length <= 3) return summarize(value[telling] ?? null)
  return fields(value)
}

function fields(value: JsonObject): string {
  const entries = Object.entries(value)
  const [first] = entries
  if (entries.length === 1 && first !== undefined && typeof first[1] === 'number') return `${first[1]} ${first[0]}`
  return entries.map(([key, item]) => `${key.replaceAll('_', ' ')} ${summarize(item ?? null)}`).join(', ')
}

function shorten(text: string): string {
  return text.length <= MAX_SUMMARY_CHARACTERS ? text : `${text.slice(0, MAX_SUMMARY_CHARACTERS)}…`
}
