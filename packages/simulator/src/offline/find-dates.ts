import { blank, type Wish } from './wish.ts'

const ISO = '\\d{4}-\\d{2}-\\d{2}'
const UNTIL_FROM_TODAY = /\b(?:until|till|before) (\d{4}-\d{2}-\d{2})/gi
const REFERENCE = '(?:that|this|the resulting|the same|the) (?:date|day)|it|that|then'
const DATE = `(${ISO}|today|${REFERENCE})`
const COUNT = '(\\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)'
const UNIT = '(day|week|month|year|hour|minute)s?'
const SPAN = `${COUNT} ${UNIT}(?:,? (?:and )?${COUNT} ${UNIT})*`

const COUNT_WORDS: Readonly<Record<string, number>> = {
  ...{ a: 1, an: 1, one: 1, two: 2, three: 3, four: 4, five: 5, six: 6 },
  ...{ seven: 7, eight: 8, nine: 9, ten: 10, eleven: 11, twelve: 12 },
}

const BETWEEN = new RegExp(`\\b(?:between ${DATE} and|from ${DATE} (?:to|until|till|through|up to)) ${DATE}`, 'gi')
const AFTER = new RegExp(`\\b(${SPAN}) (after|before|from|since|prior to|later than|earlier than|following) ${DATE}`, 'gi')
const ADD_TO = new RegExp(`\\b(add|subtract) (${SPAN}) (?:to|from) ${DATE}`, 'gi')
const PLUS = new RegExp(`\\b${DATE} (plus|minus) (${SPAN})`, 'gi')
const WEEKDAY = /\b(weekday|day of the week|(?:which|what) day(?! (?:of the month|and time)))\b/i

/** Finds date sums in a clause: differences, additions, weekdays. */
export function findDates(clause: string): readonly Wish[] {
  let rest = clause
  const wishes: Wish[] = []
  const take = (found: readonly Wish[]): void => {
    wishes.push(...found)
    for (const wish of found) rest = blank(rest, wish.start, wish.end)
  }
  take(findAdditions(rest))
  take(findDifferences(rest, clause))
  return [...wishes, ...findWeekdays(rest, clause, wishes)]
}

/** A date stays; words such as "that date" become a place holder. */
function dateValue(text: string): string {
  return /^(?:\d|today$)/i.test(text) ? text.toLowerCase() : '{date}'
}

function findAdditions(text: string): readonly Wish[] {
  const direct = [...text.matchAll(AFTER)].map((found) => {
    const date = found.at(-1) ?? ''
    const direction = (found.at(-2) ?? '').toLowerCase()
    return addition(found, { span: found[1] ?? '', date, sign: /before|prior|earlier/.test(direction) ? -1 : 1 })
  })
  const added = [...text.matchAll(ADD_TO)].map((found) =>
    addition(found, { span: found[2] ?? '', date: found.at(-1) ?? '', sign: found[1]?.toLowerCase() === 'subtract' ? -1 : 1 }),
  )
  const plus = [...text.matchAll(PLUS)].map((found) =>
    addition(found, { span: found[3] ?? '', date: found[1] ?? '', sign: found[2]?.toLowerCase() === 'minus' ? -1 : 1 }),
  )
  return [...direct, ...added, ...plus]
}

function addition(found: RegExpExecArray, parts: { span: string; date: string; sign: number }): Wish {
  const amounts = [...parts.span.matchAll(new RegExp(`${COUNT} ${UNIT}`, 'gi'))].map((item) => {
    const count = (item[1] ?? '').toLowerCase()
    return [`${(item[2] ?? '').toLowerCase()}s`, parts.sign * (COUNT_WORDS[count] ?? Number(count))] as const
  })
  return wish('date-add', found, { date: dateValue(parts.date), ...Object.fromEntries(amounts) })
}

function findDifferences(text: string, clause: string): readonly Wish[] {
  const unit = /\b(day|week|month|year|hour|minute)s?\b/i.exec(clause)?.[1]?.toLowerCase()
  if (unit === undefined && !/how long|differ|apart|elapsed|duration/i.test(clause)) return []
  const fromToday = /\bhow (?:many|long)\b/i.test(clause) ? [...text.matchAll(UNTIL_FROM_TODAY)] : []
  const open = fromToday.map((found) => wish('date-difference', found, { from: 'today', to: found[1] ?? '', ...unitOf(unit) }))
  const between = [...text.matchAll(BETWEEN)].map((found) =>
    wish('date-difference', found, {
      from: dateValue(found[1] ?? found[2] ?? ''),
      to: dateValue(found[3] ?? ''),
      ...unitOf(unit),
    }),
  )
  return between.length > 0 ? between : open
}

/** Days are what everybody counts in: only another unit is named. */
function unitOf(unit: string | undefined): Wish['values'] {
  return unit === undefined || unit === 'day' ? {} : { unit: `${unit}s` }
}

function findWeekdays(rest: string, clause: string, earlier: readonly Wish[]): readonly Wish[] {
  const asked = WEEKDAY.exec(rest)
  if (asked === null) return []
  const dates = [...rest.matchAll(new RegExp(`${ISO}|\\btoday\\b`, 'gi'))]
  if (dates.length > 0) return dates.map((found) => wish('weekday', found, { date: found[0].toLowerCase() }))
  // "Which weekday is 90 days after 2026-11-21" asks for the weekday of what the addition gives.
  const refers = earlier.some(({ kind }) => kind === 'date-add') || new RegExp(`\\b(?:${REFERENCE})\\b`, 'i').test(clause)
  if (!refers) return []
  const after = Math.max(asked.index + asked[0].length, ...earlier.map(({ end }) => end))
  return [{ kind: 'weekday', values: { date: '{date}' }, phrase: 'the weekday of that date', start: after, end: after }]
}

function wish(kind: Wish['kind'], found: RegExpExecArray, values: Wish['values']): Wish {
  return { kind, values, phrase: found[0].trim(), start: found.index, end: found.index + found[0].length }
}
