import { ToolError } from '@capstan/core'
import { type CalendarDate, checkDate, formatDate, fromEpochDay, parseDate, quote, toEpochDay, weekdayName } from './calendar.ts'

const msPerDay = 86_400_000

/** A time on a wall clock, in milliseconds as if it were UTC. */
export type LocalTime = number

/** A time zone of the machine's database. */
export class Zone {
  readonly name: string
  readonly #format: Intl.DateTimeFormat

  constructor(name: string, format: Intl.DateTimeFormat) {
    this.name = name
    this.#format = format
  }

  /** Offset from UTC at an instant, in milliseconds. */
  offsetAt(instant: number): number {
    return localAt(this.#format, instant) - Math.floor(instant / 1_000) * 1_000
  }
}

/**
 * Finds a time zone by its IANA name.
 *
 * @throws {ToolError} If the time zone database of the machine does not have it.
 */
export function findZone(name: string): Zone {
  const format = makeFormat(name.trim() === 'Z' ? 'UTC' : name.trim())
  if (format === undefined)
    throw new ToolError(`Unknown time zone ${quote(name)}. Give an IANA name such as "Europe/Berlin", "America/New_York", "Asia/Shanghai" or "UTC".`)
  // The database has other names for some zones (Katmandu for Kathmandu); an abbreviation is shown as the zone that it means.
  return new Zone(name.includes('/') ? name.trim() : format.resolvedOptions().timeZone, format)
}

function makeFormat(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    return undefined
  }
}

function localAt(format: Intl.DateTimeFormat, instant: number): LocalTime {
  const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
  const day = toEpochDay({ year: part('year'), month: part('month'), day: part('day') })
  return day * msPerDay + ((part('hour') * 60 + part('minute')) * 60 + part('second')) * 1_000
}

/** The local date at an instant. */
export function dateAt(zone: Zone, instant: number): CalendarDate {
  return fromEpochDay(Math.floor((instant + zone.offsetAt(instant)) / msPerDay))
}

/**
 * The instants at which a wall clock shows a time: two if clocks are set back over it, none if they are set forward past it.
 * For a time in such a gap, `shifted` is the instant computed with the offset from before the gap.
 */
export function instantsOf(zone: Zone, local: LocalTime): { readonly instants: readonly number[]; readonly shifted: number } {
  const before = zone.offsetAt(local - msPerDay)
  const after = zone.offsetAt(local + msPerDay)
  const candidates = [...new Set([local - before, local - after])].sort((first, second) => first - second)
  return { instants: candidates.filter((instant) => instant + zone.offsetAt(instant) === local), shifted: local - before }
}

/** A time as it was given: the local time, and the offset if the text has one. */
export interface GivenTime {
  readonly local: LocalTime
  readonly offsetMs: number | undefined
  /** True for a time without a date. */
  readonly isToday: boolean
}

/**
 * Parses `YYYY-MM-DDTHH:MM[:SS][offset]` (a space may replace the T) or `HH:MM`.
 *
 * @param today - Gives the date for a time without one.
 * @throws {ToolError} If the text has another form, or there is no such time.
 */
export function parseTime(text: string, today: () => CalendarDate): GivenTime {
  const match = /^(?:(\d{4}-\d{2}-\d{2})[T ])?(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i.exec(text.trim())
  if (match === null) throw new ToolError(`${quote(text)} is not a time of the form YYYY-MM-DDTHH:MM, such as 2026-11-21T14:30, nor "now".`)
  const [, date, hour, minute, second = '0', offset] = match
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) throw new ToolError(`${quote(text)} does not exist: times go from 00:00:00 to 23:59:59.`)
  const day = date === undefined ? checkDate(today(), text) : parseDate(date)
  if (day.year < 2 || day.year > 9_998) throw new ToolError(`${quote(text)} is not supported: years go from 0002 to 9998 here.`)
  const local = toEpochDay(day) * msPerDay + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1_000
  return { local, offsetMs: offset === undefined ? undefined : parseOffset(offset), isToday: date === undefined }
}

function parseOffset(text: string): number {
  if (text.toUpperCase() === 'Z') return 0
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2))
  return (text.startsWith('-') ? -minutes : minutes) * 60_000
}

/** `2026-11-21T14:30:00+01:00 (Saturday)`. */
export function formatInstant(zone: Zone, instant: number): string {
  const offset = zone.offsetAt(instant)
  return `${formatLocal(instant + offset)}${formatOffset(offset)} (${weekdayName(dateAt(zone, instant))})`
}

/** `2026-11-21T14:30:00`. */
export function formatLocal(local: LocalTime): string {
  const seconds = Math.floor((((local % msPerDay) + msPerDay) % msPerDay) / 1_000)
  const clock = [seconds / 3_600, (seconds / 60) % 60, seconds % 60].map((part) => String(Math.floor(part)).padStart(2, '0'))
  return `${formatDate(fromEpochDay(Math.floor(local / msPerDay)))}T${clock.join(':')}`
}

/** `+01:00`; with seconds if the offset has them, as in old local mean times. */
export function formatOffset(offsetMs: number): string {
  const seconds = Math.abs(Math.round(offsetMs / 1_000))
  const parts = [seconds / 3_600, (seconds / 60) % 60, ...(seconds % 60 === 0 ? [] : [seconds % 60])]
  return `${offsetMs < 0 ? '-' : '+'}${parts.map((part) => String(Math.floor(part)).padStart(2, '0')).join(':')}`
}
