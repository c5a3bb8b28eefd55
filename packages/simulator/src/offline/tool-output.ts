import { asString, isArray, isObject, type Json, type JsonObject, parseJson } from '../json.ts'

/** The text of a tool message, as the rules read it. */
export interface ToolOutput {
  readonly isError: boolean
  /** A short form for people. */
  readonly summary: string
  /** The first date in it. */
  readonly date: string | undefined
  /** The first number in it. */
  readonly number: string | undefined
}

const MAX_SUMMARY_CHARACTERS = 400
const ERROR_TEXT =
  /^\W*(error\b|failed\b|failure\b|not run\b|denied\b|invalid\b|unknown tool\b|timed? ?out\b|refused\b|cannot\b|could not\b|the tool .{0,60}(failed|threw|is unknown|does not exist)|tool .{0,60}(failed|not found))/i
const RESULT_KEYS = ['result', 'value', 'answer', 'output', 'date', 'weekday', 'total', 'text', 'content', 'time'] as const
const DATE = /\b\d{4}-\d{2}-\d{2}\b/

/** Reads the text of a tool message. */
export function readOutput(text: string): ToolOutput {
  const parsed = parseJson(text)
  const error = isObject(parsed) ? errorOf(parsed) : ERROR_TEXT.test(text) ? text : undefined
  const full = error ?? summarize(parsed ?? text)
  const summary = full.length <= MAX_SUMMARY_CHARACTERS ? full : `${full.slice(0, MAX_SUMMARY_CHARACTERS)}…`
  return {
    isError: error !== undefined,
    summary,
    date: (DATE.exec(summary) ?? DATE.exec(text))?.[0],
    number: /-?\d+(?:,\d{3})*(?:\.\d+)?/.exec(summary)?.[0]?.replaceAll(',', ''),
  }
}

function errorOf(output: JsonObject): string | undefined {
  const { error, ok, success, isError } = output
  if (isObject(error)) return asString(error['message']) ?? JSON.stringify(error)
  if (typeof error === 'string' && error !== '') return error
  if (ok !== false && success !== false && isError !== true) return undefined
  return asString(output['message']) ?? summarize(output)
}

/** A JSON value in words: its one telling field, or all of its fields. */
export function summarize(value: Json): string {
  if (typeof value === 'string') return value.trim() === '' ? 'nothing' : value.trim()
  if (isArray(value)) return value.length === 0 ? 'nothing' : value.map((item) => (isObject(item) ? `(${fieldsOf(item)})` : summarize(item))).join(', ')
  if (!isObject(value)) return String(value)
  const telling = RESULT_KEYS.find((key) => ['string', 'number'].includes(typeof value[key]))
  return telling !== undefined && Object.keys(value).length <= 3 ? summarize(value[telling] ?? null) : fieldsOf(value)
}

function fieldsOf(value: JsonObject): string {
  const fields = Object.entries(value)
  const [first] = fields
  if (fields.length === 1 && typeof first?.[1] === 'number') return `${first[1]} ${first[0]}`
  return fields.map(([key, item]) => `${key.replaceAll('_', ' ')} ${summarize(item ?? null)}`).join(', ')
}
