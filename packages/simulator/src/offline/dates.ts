import { blankOut, type FindTasks, type Task, taskAt } from './task.ts'

const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'] as const
const MONTH = `(?<month>${MONTHS.join('|')}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\\.?`
const WRITTEN_DATES = [
  new RegExp(`\\b(?<day>\\d{1,2})(?:st|nd|rd|th)?(?: of)? ${MONTH},? (?<year>\\d{4})\\b`, 'gi'),
  new RegExp(`\\b${MONTH} (?<day>\\d{1,2})(?:st|nd|rd|th)?,? (?<year>\\d{4})\\b`, 'gi'),
]

/** A date as `YYYY-MM-DD`. */
export const ISO_DATE: RegExp = /\b\d{4}-\d{2}-\d{2}\b/g

/** Writes dates such as "21 November 2026" and "March 1, 2027" as `YYYY-MM-DD`. Dates that are only digits stay: their order is not known. */
export function normalizeDates(text: string): string {
  return WRITTEN_DATES.reduce((rest, regex) => [...rest.matchAll(regex)].reduce((changed, found) => changed.replace(found[0], isoDate(found)), rest), text)
}

function isoDate(found: RegExpExecArray): string {
  const { year = '', month = '', day = '' } = found.groups ?? {}
  const index = MONTHS.findIndex((name) => name.startsWith(month.toLowerCase().slice(0, 3)))
  if (Number(day) < 1 || Number(day) > 31) return found[0]
  return `${year}-${String(index + 1).padStart(2, '0')}-${day.padStart(2, '0')}`
}

const ISO = '\\d{4}-\\d{2}-\\d{2}'
const REFERENCE = '(?:that|this|the resulting|the same|the) (?:date|day)|it|that|then'
const DATE = `(?:${ISO}|today|${REFERENCE})`
const COUNT_WORDS = ['a', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve']
const SPAN_PART = `(\\d+|an?|${COUNT_WORDS.slice(1).join('|')}) (day|week|month|year|hour|minute)s?`
const SPAN = `(?<span>${SPAN_PART}(?:,? (?:and )?${SPAN_PART})*)`
const UNIT = /\b(day|week|month|year|hour|minute)s?\b/i

/** A span before or after a date. `how` names the direction. */
const ADDITIONS = [
  new RegExp(`\\b(?<how>add|subtract) ${SPAN} (?:to|from) (?<date>${DATE})`, 'gi'),
  new RegExp(`\\b${SPAN} (?<how>after|before|from|since|prior to|later than|earlier than|following) (?<date>${DATE})`, 'gi'),
  new RegExp(`\\b(?<date>${DATE}) (?<how>plus|minus) ${SPAN}`, 'gi'),
]
const BETWEEN = new RegExp(`\\b(?:between (${DATE}) and|from (${DATE}) (?:to|until|till|through|up to)) (${DATE})`, 'gi')
const UNTIL_FROM_TODAY = /\b(?:until|till|before) (\d{4}-\d{2}-\d{2})/gi
const WEEKDAY = /\b(weekday|day of the week|(?:which|what) day(?! (?:of the month|and time)))\b/i

/** Finds calculations with dates: additions, differences, weekdays. */
export const findDates: FindTasks = (clause) => {
  const additions: Task[] = []
  for (const regex of ADDITIONS) additions.push(...[...blankOut(clause, additions).matchAll(regex)].map(addition))
  const earlier = [...additions, ...findDifferences(blankOut(clause, additions), clause)]
  return [...earlier, ...findWeekdays(blankOut(clause, earlier), clause, earlier)]
}

/** A date stays; words such as "that date" stand for an earlier result. */
function dateValue(text = ''): string {
  return /^(?:\d|today$)/i.test(text) ? text.toLowerCase() : '{date}'
}

function addition(found: RegExpExecArray): Task {
  const { span = '', how = '', date } = found.groups ?? {}
  const sign = /before|prior|earlier|subtract|minus/i.test(how) ? -1 : 1
  const amounts = [...span.matchAll(new RegExp(SPAN_PART, 'gi'))].map(([, count = '', unit = '']) => [`${unit.toLowerCase()}s`, sign * countOf(count)] as const)
  return taskAt('date-add', found, { date: dateValue(date), ...Object.fromEntries(amounts) })
}

function countOf(word: string): number {
  return /\d/.test(word) ? Number(word) : Math.max(1, COUNT_WORDS.indexOf(word.toLowerCase()))
}

function findDifferences(text: string, clause: string): readonly Task[] {
  const unit = UNIT.exec(clause)?.[1]?.toLowerCase()
  if (unit === undefined && !/how long|differ|apart|elapsed|duration/i.test(clause)) return []
  // Tools count in days by default: only another unit is named.
  const named = unit === undefined || unit === 'day' ? {} : { unit: `${unit}s` }
  const between = [...text.matchAll(BETWEEN)].map((found) =>
    taskAt('date-difference', found, { from: dateValue(found[1] ?? found[2]), to: dateValue(found[3]), ...named }),
  )
  if (between.length > 0 || !/\bhow (?:many|long)\b/i.test(clause)) return between
  return [...text.matchAll(UNTIL_FROM_TODAY)].map((found) => taskAt('date-difference', found, { from: 'today', to: found[1] ?? '', ...named }))
}

function findWeekdays(rest: string, clause: string, earlier: readonly Task[]): readonly Task[] {
  const asked = WEEKDAY.exec(rest)
  if (asked === null) return []
  const dates = [...rest.matchAll(new RegExp(`${ISO}|\\btoday\\b`, 'gi'))]
  if (dates.length > 0) return dates.map((found) => taskAt('weekday', found, { date: found[0].toLowerCase() }))
  // "Which weekday is 90 days after 2026-11-21" asks for the weekday of the result of the addition.
  const refers = earlier.some(({ kind }) => kind === 'date-add') || new RegExp(`\\b(?:${REFERENCE})\\b`, 'i').test(clause)
  if (!refers) return []
  const after = Math.max(asked.index + asked[0].length, ...earlier.map(({ end }) => end))
  return [{ kind: 'weekday', values: { date: '{date}' }, phrase: 'the weekday of that date', start: after, end: after }]
}
