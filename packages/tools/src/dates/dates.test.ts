import type { Json } from '@capstan/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { callTool, makeCall } from '../testing/call.ts'
import { dates, datesAt } from './index.ts'

const [dateDifference, dateAdd, weekday, convertTime] = datesAt({ now: () => new Date('2026-11-21T20:00:00Z'), timeZone: 'Asia/Tokyo' })

async function ask(tool: typeof weekday, input: Json): Promise<string> {
  const { status, text } = await callTool(tool, input, makeCall())
  return status === 'ok' ? text : `${status}: ${text}`
}

test('the tools have the names that models see', () => {
  expect(dates.map(({ name }) => name)).toEqual(['date_difference', 'date_add', 'weekday', 'convert_time'])
})

test.each<[string, string, string | undefined, string]>([
  ['2026-11-21', '2027-03-01', undefined, '100 days'],
  ['2027-03-01', '2026-11-21', undefined, '-100 days'],
  ['2026-11-21', '2026-11-21', undefined, '0 days'],
  ['2026-11-21', '2026-11-22', undefined, '1 day'],
  ['2024-02-28', '2024-03-01', 'days', '2 days'],
  ['1900-02-28', '1900-03-01', 'days', '1 day'],
  ['2000-02-28', '2000-03-01', 'days', '2 days'],
  ['0001-01-01', '9999-12-31', 'days', '3,652,058 days'],
  ['2026-11-21', '2026-12-24', 'weeks', '4 weeks and 5 days'],
  ['2026-11-21', '2026-12-05', 'weeks', '2 weeks'],
  ['2026-11-21', '2027-03-01', 'months', '3 months and 8 days'],
  ['2026-01-31', '2026-02-28', 'months', '1 month'],
  ['2027-03-01', '2026-11-21', 'months', '-3 months and -8 days'],
  ['2024-02-29', '2025-02-28', 'years', '1 year'],
  ['2020-01-15', '2026-11-21', 'years', '6 years, 10 months and 6 days'],
  ['2026-01-01', '2026-03-03', 'years', '0 years, 2 months and 2 days'],
])('from %s to %s, in %s, are %s', async (from, to, unit, result) => {
  expect(await ask(dateDifference, { from, to, ...(unit !== undefined && { unit }) })).toMatch(new RegExp(`^${result} from ${from} `))
})

test.each<[Json, string]>([
  [{ date: '2026-11-21', days: 100 }, '2027-03-01 (Monday).'],
  [{ date: '2026-11-21', weeks: -1 }, '2026-11-14 (Saturday).'],
  [{ date: '2026-01-31', months: 1 }, '2026-02-28 (Saturday). February 2026 has 28 days, so day 31 became 28.'],
  [{ date: '2024-02-29', years: 1, days: 1 }, '2025-03-01 (Saturday). February 2025 has 28 days, so day 29 became 28.'],
  [{ date: '2026-03-31', months: -1 }, '2026-02-28 (Saturday). February 2026 has 28 days, so day 31 became 28.'],
  [{ date: '2026-11-30', months: 14 }, '2028-01-30 (Sunday).'],
  [{ date: 'today', days: 1 }, '2026-11-23 (Monday). Today is 2026-11-22 in Asia/Tokyo.'],
])('%j gives %s', async (input, result) => {
  expect(await ask(dateAdd, input)).toBe(result)
})

test.each([
  ['2026-11-21', 'Saturday'],
  ['1970-01-01', 'Thursday'],
  ['0001-01-01', 'Monday'],
  ['9999-12-31', 'Friday'],
  ['2000-02-29', 'Tuesday'],
])('%s is a %s', async (date, name) => {
  expect(await ask(weekday, { date })).toBe(`${date} is a ${name}.`)
})

test('today is the date in the time zone of the clock, and the result names that zone', async () => {
  expect(await ask(weekday, { date: 'Today' })).toBe('2026-11-22 is a Sunday. Today is 2026-11-22 in Asia/Tokyo.')
})

test.each<[Json, string]>([
  [
    { time: '2026-11-21T09:00', from_zone: 'Asia/Tokyo', to_zone: 'America/New_York' },
    '2026-11-20T19:00:00-05:00 (Friday) in America/New_York is 2026-11-21T09:00:00+09:00 (Saturday) in Asia/Tokyo.',
  ],
  [
    { time: '2026-11-21 09:00:30', from_zone: 'UTC', to_zone: 'Asia/Kathmandu' },
    '2026-11-21T14:45:30+05:45 (Saturday) in Asia/Kathmandu is 2026-11-21T09:00:30+00:00 (Saturday) in UTC.',
  ],
  [
    { time: 'now', from_zone: 'UTC', to_zone: 'Asia/Tokyo' },
    '2026-11-22T05:00:00+09:00 (Sunday) in Asia/Tokyo is 2026-11-21T20:00:00+00:00 (Saturday) in UTC.',
  ],
  [
    { time: '14:30', from_zone: 'Asia/Tokyo', to_zone: 'UTC' },
    '2026-11-22T05:30:00+00:00 (Sunday) in UTC is 2026-11-22T14:30:00+09:00 (Sunday) in Asia/Tokyo. The date is today in Asia/Tokyo.',
  ],
  [
    { time: '2026-11-21T09:00+09:00', from_zone: 'Asia/Tokyo', to_zone: 'UTC' },
    '2026-11-21T00:00:00+00:00 (Saturday) in UTC is 2026-11-21T09:00:00+09:00 (Saturday) in Asia/Tokyo.',
  ],
])('%j gives %s', async (input, result) => {
  expect(await ask(convertTime, input)).toBe(result)
})

test('for a time that clocks skip, the time after the gap is used, and the result says so', async () => {
  expect(await ask(convertTime, { time: '2026-03-29T02:30', from_zone: 'Europe/Berlin', to_zone: 'UTC' })).toBe(
    '2026-03-29T01:30:00+00:00 (Sunday) in UTC is 2026-03-29T03:30:00+02:00 (Sunday) in Europe/Berlin. 2026-03-29T02:30:00 does not exist in Europe/Berlin, because clocks are set forward past it; the time after the gap is used instead.',
  )
})

test('for a time that clocks show twice, the result has both instants', async () => {
  const text = await ask(convertTime, { time: '2026-10-25T02:30', from_zone: 'Europe/Berlin', to_zone: 'UTC' })
  expect(text).toContain('happens twice')
  expect(text).toContain('First: 2026-10-25T00:30:00+00:00')
  expect(text).toContain('Second: 2026-10-25T01:30:00+00:00')
})

test('a day that a time zone skipped completely does not exist', async () => {
  expect(await ask(convertTime, { time: '2011-12-30T10:00', from_zone: 'Pacific/Apia', to_zone: 'UTC' })).toContain('does not exist')
})

test.each<[typeof weekday, Json, string]>([
  [weekday, { date: '2026-02-30' }, 'February 2026 has 28 days'],
  [weekday, { date: '2026-13-01' }, 'months go from 01 to 12'],
  [weekday, { date: '0000-01-01' }, 'years go from 0001'],
  [weekday, { date: '21.11.2026' }, 'YYYY-MM-DD'],
  [weekday, { date: 'tomorrow' }, 'YYYY-MM-DD'],
  [dateAdd, { date: '9999-12-31', days: 1 }, 'outside the years'],
  [dateAdd, { date: '2026-01-01', years: -4_000_000 }, 'outside the years'],
  [convertTime, { time: '2026-11-21', from_zone: 'UTC', to_zone: 'UTC' }, 'YYYY-MM-DDTHH:MM'],
  [convertTime, { time: '25:00', from_zone: 'UTC', to_zone: 'UTC' }, 'does not exist'],
  [convertTime, { time: '09:00', from_zone: 'Mars/Base', to_zone: 'UTC' }, 'IANA name'],
  [
    convertTime,
    { time: '2026-11-21T09:00Z', from_zone: 'Asia/Tokyo', to_zone: 'UTC' },
    'The time says +00:00, but the offset of Asia/Tokyo at that time is +09:00',
  ],
  [convertTime, { time: '0001-01-01T00:00', from_zone: 'UTC', to_zone: 'UTC' }, 'years go from 0002'],
])('a wrong input is an error that says how to fix it: %#', async (tool, input, message) => {
  const text = await ask(tool, input)
  expect(text).toMatch(/^error: /)
  expect(text).toContain(message)
})

test('adding days and counting them are opposites', async () => {
  const day = fc.date({ min: new Date('0100-01-01'), max: new Date('9000-01-01'), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10))
  await fc.assert(
    fc.asyncProperty(day, fc.integer({ min: -30_000, max: 30_000 }), async (date, days) => {
      const to = (await ask(dateAdd, { date, days })).slice(0, 10)
      expect(await ask(dateDifference, { from: date, to })).toMatch(new RegExp(`^${days.toLocaleString('en-US')} days? `))
    }),
  )
})

test('converting there and back is the same time', async () => {
  const minute = fc.date({ min: new Date('1975-01-01'), max: new Date('2037-01-01'), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 16))
  const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC')
  await fc.assert(
    fc.asyncProperty(minute, zone, async (time, to_zone) => {
      const local = (await ask(convertTime, { time, from_zone: 'UTC', to_zone })).slice(0, 16)
      expect(await ask(convertTime, { time: local, from_zone: to_zone, to_zone: 'UTC' })).toContain(`${time}:00+00:00`)
    }),
  )
})

test('an unknown option is refused, and the message names the right one', () => {
  expect(() => datesAt({ timezone: 'UTC' } as never)).toThrow(
    expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining('`timeZone`') }),
  )
})
