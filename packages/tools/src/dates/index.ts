import { type Tool, ToolError } from '@capstan/core'
import { checkNames } from '@capstan/core/internal'
import { jsonSchema } from '../schema/json-schema.ts'
import { tool } from '../tool.ts'
import {
  addMonths,
  type CalendarDate,
  daysInMonth,
  formatDate,
  fromEpochDay,
  monthName,
  monthsBetween,
  parseDate,
  toEpochDay,
  weekdayName,
} from './calendar.ts'
import { dateAt, findZone, formatInstant, formatLocal, formatOffset, instantsOf, parseTime, type Zone } from './zones.ts'

/** Options of `datesAt()`. They define what `today` and `now` mean. */
export interface DatesOptions {
  /** The clock. Default: that of the machine. */
  readonly now?: () => Date
  /** The zone in which `today` is a date: an IANA name. Default: that of the machine. */
  readonly timeZone?: string
}

const dateText = 'YYYY-MM-DD, or "today"'
const units = ['days', 'weeks', 'months', 'years'] as const
const maxAmount = 4_000_000

interface Clock {
  now(): number
  zone(): Zone
}

/** A date, and a note that says which date `today` is. */
interface ReadDate {
  readonly date: CalendarDate
  readonly note: string
}

function readDate(text: string, clock: Clock): ReadDate {
  if (text.trim().toLowerCase() !== 'today') return { date: parseDate(text), note: '' }
  const zone = clock.zone()
  const date = dateAt(zone, clock.now())
  return { date, note: ` Today is ${formatDate(date)} in ${zone.name}.` }
}

function describeDate(date: CalendarDate): string {
  return `${formatDate(date)} (${weekdayName(date)})`
}

function count(amount: number, unit: string): string {
  return `${amount.toLocaleString('en-US')} ${Math.abs(amount) === 1 ? unit.slice(0, -1) : unit}`
}

function makeDateDifference(clock: Clock): Tool {
  return tool({
    name: 'date_difference',
    description: 'Counts the time from one date to another, in days (default), weeks, months or years. Negative when the second date is earlier.',
    inputSchema: jsonSchema<{ from: string; to: string; unit?: (typeof units)[number] }>({
      type: 'object',
      properties: {
        from: { type: 'string', description: `The first date: ${dateText}.` },
        to: { type: 'string', description: `The second date: ${dateText}.` },
        unit: { type: 'string', enum: units, description: 'Default: days.' },
      },
      required: ['from', 'to'],
      additionalProperties: false,
    }),
    effect: 'read',
    execute({ from, to, unit = 'days' }) {
      const [first, second] = [readDate(from, clock), readDate(to, clock)]
      const note = first.note === '' ? second.note : first.note
      return `${difference(first.date, second.date, unit)} from ${describeDate(first.date)} to ${describeDate(second.date)}.${note}`
    },
  })
}

function difference(from: CalendarDate, to: CalendarDate, unit: (typeof units)[number]): string {
  const total = toEpochDay(to) - toEpochDay(from)
  if (unit === 'days') return count(total, 'days')
  const sign = total < 0 ? -1 : 1
  if (unit === 'weeks') return join([sign * Math.floor(Math.abs(total) / 7), 'weeks'], [sign * (Math.abs(total) % 7), 'days'])
  const { months, days } = sign < 0 ? monthsBetween(to, from) : monthsBetween(from, to)
  if (unit === 'months') return join([sign * months, 'months'], [sign * days, 'days'])
  return join([sign * Math.floor(months / 12), 'years'], [sign * (months % 12), 'months'], [sign * days, 'days'])
}

/** Joins amounts: the first one always, the others if they are not zero. */
function join(...amounts: readonly (readonly [number, string])[]): string {
  const parts = amounts.filter(([amount], index) => index === 0 || amount !== 0).map(([amount, unit]) => count(amount === 0 ? 0 : amount, unit))
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}

function makeDateAdd(clock: Clock): Tool {
  const amount = (what: string) => ({ type: 'integer', minimum: -maxAmount, maximum: maxAmount, description: `${what} to add; negative to go back.` })
  return tool({
    name: 'date_add',
    description:
      'Adds years, months, weeks and days to a date (negative amounts go back). Years and months are added first; if the month has no such day, its last day is used.',
    inputSchema: jsonSchema<{ date: string; years?: number; months?: number; weeks?: number; days?: number }>({
      type: 'object',
      properties: {
        date: { type: 'string', description: `The date: ${dateText}.` },
        years: amount('Years'),
        months: amount('Months'),
        weeks: amount('Weeks'),
        days: amount('Days'),
      },
      required: ['date'],
      additionalProperties: false,
    }),
    effect: 'read',
    execute({ date, years = 0, months = 0, weeks = 0, days = 0 }) {
      const start = readDate(date, clock)
      const moved = addMonths(start.date, years * 12 + months)
      checkYear(moved.date)
      const result = fromEpochDay(toEpochDay(moved.date) + weeks * 7 + days)
      checkYear(result)
      const { year, month } = moved.date
      const clamped =
        moved.clampedFrom === undefined
          ? ''
          : ` ${monthName(moved.date)} ${year} has ${daysInMonth(year, month)} days, so day ${moved.clampedFrom} became ${moved.date.day}.`
      return `${describeDate(result)}.${clamped}${start.note}`
    },
  })
}

function checkYear({ year }: CalendarDate): void {
  // The year is NaN if it is out of the range of Date.
  if (!(year >= 1 && year <= 9999)) throw new ToolError('The result is outside the years 0001 to 9999. Add less.')
}

function makeWeekday(clock: Clock): Tool {
  return tool({
    name: 'weekday',
    description: 'Gives the day of the week of a date.',
    inputSchema: jsonSchema<{ date: string }>({
      type: 'object',
      properties: { date: { type: 'string', description: `The date: ${dateText}.` } },
      required: ['date'],
      additionalProperties: false,
    }),
    effect: 'read',
    execute({ date }) {
      const { date: day, note } = readDate(date, clock)
      return `${formatDate(day)} is a ${weekdayName(day)}.${note}`
    },
  })
}

function makeConvertTime(clock: Clock): Tool {
  return tool({
    name: 'convert_time',
    description: 'Converts a time from one time zone to another, daylight saving included. Says when clocks skip the time or show it twice.',
    inputSchema: jsonSchema<{ time: string; from_zone: string; to_zone: string }>({
      type: 'object',
      properties: {
        time: { type: 'string', description: 'The time in from_zone: YYYY-MM-DDTHH:MM, HH:MM for today, or "now".' },
        from_zone: { type: 'string', description: 'IANA time zone, such as "Europe/Berlin".' },
        to_zone: { type: 'string', description: 'IANA time zone, such as "America/New_York".' },
      },
      required: ['time', 'from_zone', 'to_zone'],
      additionalProperties: false,
    }),
    effect: 'read',
    execute: ({ time, from_zone, to_zone }) => convert(time, { from: findZone(from_zone), to: findZone(to_zone), clock }),
  })
}

interface Conversion {
  readonly from: Zone
  readonly to: Zone
  readonly clock: Clock
}

function convert(time: string, { from, to, clock }: Conversion): string {
  const describe = (instant: number): string => `${formatInstant(to, instant)} in ${to.name} is ${formatInstant(from, instant)} in ${from.name}`
  if (time.trim().toLowerCase() === 'now') return `${describe(clock.now())}.`
  const { local, offsetMs, isToday } = parseTime(time, () => dateAt(from, clock.now()))
  const note = isToday ? ` The date is today in ${from.name}.` : ''
  const { instants, shifted } = instantsOf(from, local)
  if (offsetMs !== undefined) return `${describe(checkOffset(local - offsetMs, offsetMs, from))}.${note}`
  const [first, second] = instants
  if (first === undefined)
    return `${describe(shifted)}. ${formatLocal(local)} does not exist in ${from.name}, because clocks are set forward past it; the time after the gap is used instead.${note}`
  if (second === undefined) return `${describe(first)}.${note}`
  return `${formatLocal(local)} happens twice in ${from.name}, because clocks are set back. First: ${describe(first)}. Second: ${describe(second)}.${note}`
}

/** A time with an offset is already an instant, so the offset must be the offset of the zone at that instant. */
function checkOffset(instant: number, offsetMs: number, zone: Zone): number {
  const actual = zone.offsetAt(instant)
  if (actual === offsetMs) return instant
  throw new ToolError(
    `The time says ${formatOffset(offsetMs)}, but the offset of ${zone.name} at that time is ${formatOffset(actual)}. Omit the offset, or give from_zone "UTC" and a time in UTC.`,
  )
}

/**
 * Makes the four tools with another clock, such as a fixed one in a test, or with the time zone of a user.
 *
 * @throws {AgentError} `invalid-options`, for an unknown option or time zone.
 */
export function datesAt(options: DatesOptions = {}): readonly [dateDifference: Tool, dateAdd: Tool, weekday: Tool, convertTime: Tool] {
  checkNames(options, { names: ['now', 'timeZone'], what: 'an option of datesAt()', instead: { clock: 'now', zone: 'timeZone', tz: 'timeZone' } })
  const clock: Clock = {
    now: () => options.now?.().getTime() ?? Date.now(),
    zone: () => findZone(options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone),
  }
  return [makeDateDifference(clock), makeDateAdd(clock), makeWeekday(clock), makeConvertTime(clock)]
}

/** All tools for dates and times, with the clock and the zone of the machine. */
export const dates: readonly [dateDifference: Tool, dateAdd: Tool, weekday: Tool, convertTime: Tool] = datesAt()

/** Counts days, weeks, months or years between two dates. */
export const dateDifference: Tool = dates[0]
/** Adds years, months, weeks and days to a date. */
export const dateAdd: Tool = dates[1]
/** Gives the day of the week of a date. */
export const weekday: Tool = dates[2]
/** Converts a time between time zones. */
export const convertTime: Tool = dates[3]
