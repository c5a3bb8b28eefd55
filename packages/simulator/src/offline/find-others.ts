import { cityZones } from './find-places.ts'
import { blank, type Wish } from './wish.ts'

const TIME = /\b(?:\d{4}-\d{2}-\d{2}[T ])?(?:\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]\.?m\.?)?|\d{1,2}\s?[ap]\.?m\.?)(?![\w:])/i
const ZONE = /\b(?:[A-Z][A-Za-z]+\/[A-Z][A-Za-z_]+(?:\/[A-Z][A-Za-z_]+)?|UTC(?:[+-]\d{1,2}(?::\d{2})?)?|GMT)\b/g
const PATH =
  /(?<![\w:/.@-])(?:\.{1,2}\/|\/|~\/)?(?:[\w@-][\w.@-]*\/)+(?:[\w@.-]*[\w@-])?|(?<![\w:/.@-])\.?[\w-]+(?:\.[\w-]+)*\.[a-z][a-z0-9]{0,4}\b|(?<![\w/])(?:README|LICENSE|Makefile|Dockerfile|CHANGELOG)(?![\w/])/g
const QUOTED = /"([^"]+)"|“([^”]+)”|'([^']+)'(?!\w)|`([^`]+)`|«([^»]+)»|「([^」]+)」/g
const READ = /\b(?:read|open|show|print|display|summari[sz]e|quote|what does .* (?:say|contain)|contents? of|what(?:'s| is) in)\b/i
const LIST = /\b(?:list|(?:what|which) (?:files|folders)|(?:contents?|files) (?:of|in)|show (?:me )?(?:the |all )*files)\b/i
const SEARCH = /\b(?:search|find|grep|look for|mentions?|contains?|containing|occurrences?)\b/i

/** Quoted stretches of a text, without the quotes. */
export function findQuoted(text: string): readonly string[] {
  return [...text.matchAll(QUOTED)].map((found) => found.slice(1).find((group) => group !== undefined) ?? '')
}

/** Paths and file names in a text. */
export function findPaths(text: string): readonly string[] {
  return [...text.matchAll(PATH)].map((found) => found[0]).filter((path) => !/^(?:e\.g|i\.e)\b/i.test(path))
}

/** Finds a time that is to be told in another zone. */
export function findTimes(clause: string): readonly Wish[] {
  const time = TIME.exec(clause)
  const zones = findZones(clause)
  if (time === null) return findTimeNow(clause, zones)
  if (zones.length < 2) return []
  const after = zones.find(({ start }) => start > time.index) ?? zones[0]
  const other = zones.find((zone) => zone !== after && zone.zone !== after?.zone)
  if (after === undefined || other === undefined) return []
  const values = { time: readTime(time[0]), from_zone: after.zone, to_zone: other.zone }
  return [{ kind: 'convert-time', values, phrase: time[0], start: 0, end: clause.length }]
}

/** "What time is it in Tokyo?" */
function findTimeNow(clause: string, zones: readonly { readonly zone: string }[]): readonly Wish[] {
  const asked = /\bwhat(?:'s| is)? (?:the )?(?:current )?time\b|\btime is it\b/i.exec(clause)
  const [place] = zones
  if (asked === null || place === undefined || zones.length > 1) return []
  return [{ kind: 'convert-time', values: { time: 'now', from_zone: 'UTC', to_zone: place.zone }, phrase: clause.trim(), start: 0, end: clause.length }]
}

function findZones(text: string): readonly { readonly zone: string; readonly start: number }[] {
  const written = [...text.matchAll(ZONE)].map((found) => ({ zone: found[0], start: found.index }))
  const lower = text.toLowerCase()
  const cities = Object.entries(cityZones).flatMap(([city, zone]) => {
    const start = lower.search(new RegExp(`(?<![\\p{Script=Latin}/_])${city}(?![\\p{Script=Latin}/_])`, 'u'))
    return start === -1 ? [] : [{ zone, start }]
  })
  return [...written, ...cities].sort((left, right) => left.start - right.start)
}

/** A time of the 24-hour clock, with its date when it has one. */
function readTime(text: string): string {
  const [, date, hours = '', minutes = '00', half] = /(\d{4}-\d{2}-\d{2})?[T ]?(\d{1,2})(?::(\d{2}))?(?::\d{2})?\s?([ap])?/i.exec(text) ?? []
  const offset = half === undefined ? 0 : half.toLowerCase() === 'p' && hours !== '12' ? 12 : half.toLowerCase() === 'a' && hours === '12' ? -12 : 0
  const clock = `${String(Number(hours) + offset).padStart(2, '0')}:${minutes}`
  return date === undefined ? clock : `${date}T${clock}`
}

/** Finds work on files: search, list, read. */
export function findFileWork(clause: string): readonly Wish[] {
  const paths = findPaths(blankQuotes(clause))
  const search = SEARCH.test(clause) ? searchWish(clause, paths) : undefined
  if (search !== undefined) return [search]
  if (LIST.test(clause) && /\b(?:files?|folders?|director(?:y|ies)|contents?)\b/i.test(clause) && !paths.some(hasExtension)) {
    return [whole('list-files', clause, { path: folderIn(clause) ?? paths[0] ?? '.' })]
  }
  if (!READ.test(clause)) return []
  const quoted = findQuoted(clause).filter((text) => findPaths(text).length > 0)
  return [...paths, ...quoted].map((path) => whole('read-file', clause, { path }))
}

function searchWish(clause: string, paths: readonly string[]): Wish | undefined {
  const [quoted] = findQuoted(clause)
  const plain =
    /\b(?:search|grep|look)(?: (?:the |all |my )?(?:files?|code|folder|project))?(?: in \S+)? for (?:the (?:word|text|string) )?(.+?)(?: in | under |[?.!]*$)/i.exec(
      clause,
    )?.[1]
  const mentioned = /\b(?:files?|where|documents?)\b.* (?:mentions?|contains?|containing) (?:the (?:word|text|string) )?(\S+?)[?.!,]*$/i.exec(clause)?.[1]
  const query = quoted ?? plain ?? mentioned
  if (query === undefined) return undefined
  const path = folderIn(clause) ?? paths.find((found) => found !== query)
  return whole('search-files', clause, { query, ...(path !== undefined && { path }) })
}

/** "in src", "in the docs folder", "under packages/core". */
function folderIn(clause: string): string | undefined {
  const found = /\b(?:in|under|inside|of|within) (?:the )?(?:(?:folder|directory) )?([\w@./-]*[\w@/-])(?: (?:folder|directory))?/i.exec(blankQuotes(clause))
  const name = found?.[1]
  const isWord = name === undefined || /^(?:the|this|current|my|all|any|files?|folder|directory|project|code|it|here|a|an)$/i.test(name)
  if (!isWord) return name
  return /\b(?:this|current) (?:folder|directory)\b|\bhere\b/i.test(clause) ? '.' : undefined
}

function hasExtension(path: string): boolean {
  return /[^/]\.[a-z][a-z0-9]*$/i.test(path)
}

function blankQuotes(text: string): string {
  return [...text.matchAll(QUOTED)].reduce((rest, found) => blank(rest, found.index, found.index + found[0].length), text)
}

function whole(kind: Wish['kind'], clause: string, values: Wish['values']): Wish {
  return { kind, values, phrase: clause.trim(), start: 0, end: clause.length }
}
