import { cityZones } from './cities.ts'
import { type FindTasks, wholeTask } from './task.ts'

const TIME = /\b(?:\d{4}-\d{2}-\d{2}[T ])?(?:\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]\.?m\.?)?|\d{1,2}\s?[ap]\.?m\.?)(?![\w:])/i
const TIME_NOW = /\bwhat(?:'s| is)? (?:the )?(?:current )?time\b|\btime is it\b|几点/i
const ZONE = /\b(?:[A-Z][A-Za-z]+\/[A-Z][A-Za-z_]+(?:\/[A-Z][A-Za-z_]+)?|UTC(?:[+-]\d{1,2}(?::\d{2})?)?|GMT)\b/g

/** Finds a time that is to be converted to another zone: "14:30 in Berlin in Tokyo", "What time is it in Tokyo?" */
export const findTimes: FindTasks = (clause) => {
  const time = TIME.exec(clause)
  const zones = findZones(clause)
  const [first] = zones
  if (time === null) {
    const isNow = first !== undefined && zones.length === 1 && TIME_NOW.test(clause)
    return isNow ? [wholeTask('convert-time', clause, { time: 'now', from_zone: 'UTC', to_zone: first.zone })] : []
  }
  const from = zones.find(({ start }) => start > time.index) ?? first
  const to = zones.find((other) => other !== from && other.zone !== from?.zone)
  if (from === undefined || to === undefined) return []
  return [{ ...wholeTask('convert-time', clause, { time: readTime(time[0]), from_zone: from.zone, to_zone: to.zone }), phrase: time[0] }]
}

function findZones(text: string): readonly { readonly zone: string; readonly start: number }[] {
  const written = [...text.matchAll(ZONE)].map((found) => ({ zone: found[0], start: found.index }))
  const lower = text.toLowerCase()
  const ofCities = cityZones
    .map(([city, zone]) => ({ zone, start: lower.search(new RegExp(`(?<![\\p{Script=Latin}/_])${city}(?![\\p{Script=Latin}/_])`, 'u')) }))
    .filter(({ start }) => start !== -1)
  return [...written, ...ofCities].sort((left, right) => left.start - right.start)
}

/** A time of the 24-hour clock, with its date when it has one. */
function readTime(text: string): string {
  const [, date, hours = '', minutes = '00', half = ''] = /(\d{4}-\d{2}-\d{2})?[T ]?(\d{1,2})(?::(\d{2}))?(?::\d{2})?\s?([ap])?/i.exec(text) ?? []
  const isNoonOrMidnight = hours === '12'
  const offset = /p/i.test(half) && !isNoonOrMidnight ? 12 : /a/i.test(half) && isNoonOrMidnight ? -12 : 0
  const clock = `${String(Number(hours) + offset).padStart(2, '0')}:${minutes}`
  return date === undefined ? clock : `${date}T${clock}`
}
