import { ToolError } from '@capstan/core'

/** A day of the proleptic Gregorian calendar, years 1 to 9999. */
export interface CalendarDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

const msPerDay = 86_400_000
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const
const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'] as const

/**
 * Reads `YYYY-MM-DD`.
 *
 * @throws {ToolError} If the text has another form, or there is no such day.
 */
export function parseDate(text: string): CalendarDate {
  const [, year, month, day] = (/^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim()) ?? []).map(Number)
  if (year === undefined || month === undefined || day === undefined) {
    throw new ToolError(`${quote(text)} is not a date of the form YYYY-MM-DD, such as 2026-11-21, nor "today".`)
  }
  return checkDate({ year, month, day }, text)
}

/** @throws {ToolError} If there is no such day. */
export function checkDate(date: CalendarDate, text: string): CalendarDate {
  const { year, month, day } = date
  if (year < 1) throw new ToolError(`${quote(text)} is not supported: years go from 0001 to 9999.`)
  if (month < 1 || month > 12) throw new ToolError(`${quote(text)} does not exist: months go from 01 to 12. The form is YYYY-MM-DD.`)
  const last = daysInMonth(year, month)
  if (day < 1 || day > last) throw new ToolError(`${quote(text)} does not exist: ${monthName(date)} ${year} has ${last} days.`)
  return date
}

/** Quotes a text, shortened if it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}

/** Days of a month, leap years included. */
export function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
}

/** Days since 1970-01-01. */
export function toEpochDay({ year, month, day }: CalendarDate): number {
  return new Date(0).setUTCFullYear(year, month - 1, day) / msPerDay
}

/** The day at a number of days since 1970-01-01. */
export function fromEpochDay(epochDay: number): CalendarDate {
  const date = new Date(epochDay * msPerDay)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

/** A date after months were added, and the day it would have had if the month were longer. */
export interface AddedMonths {
  readonly date: CalendarDate
  readonly clampedFrom: number | undefined
}

/** Adds months. If the month has no such day, the result is its last day. */
export function addMonths({ year, month, day }: CalendarDate, count: number): AddedMonths {
  const index = year * 12 + (month - 1) + count
  const target = { year: Math.floor(index / 12), month: (((index % 12) + 12) % 12) + 1 }
  const last = daysInMonth(target.year, target.month)
  return { date: { ...target, day: Math.min(day, last) }, clampedFrom: day > last ? day : undefined }
}

/** Complete months from one date to a later one, and the remaining days. */
export function monthsBetween(from: CalendarDate, to: CalendarDate): { readonly months: number; readonly days: number } {
  const guess = (to.year - from.year) * 12 + (to.month - from.month)
  const whole = toEpochDay(addMonths(from, guess).date) > toEpochDay(to) ? guess - 1 : guess
  return { months: whole, days: toEpochDay(to) - toEpochDay(addMonths(from, whole).date) }
}

/** `YYYY-MM-DD`. */
export function formatDate({ year, month, day }: CalendarDate): string {
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}

/** The English name of the day of the week. */
export function weekdayName(date: CalendarDate): string {
  // 1970-01-01 was a Thursday; an index within the week always has a name.
  return weekdays[(((toEpochDay(date) + 4) % 7) + 7) % 7] as string
}

/** The English name of the month. */
export function monthName({ month }: CalendarDate): string {
  return months[month - 1] ?? String(month)
}
