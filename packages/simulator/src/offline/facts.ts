import { ISO_DATE } from './date-text.ts'
import { findPaths, findQuoted } from './find-others.ts'
import { type FoundName, findNames, findPlaces } from './find-places.ts'
import { topicOf } from './words.ts'

/** What the rules see in a stretch of the user's words, by kind and in order. */
export interface Facts {
  readonly text: string
  readonly topic: string
  readonly quoted: readonly string[]
  /** What follows a colon, to the end. */
  readonly afterColon: string | undefined
  readonly places: readonly FoundName[]
  readonly names: readonly string[]
  readonly numbers: readonly string[]
  readonly dates: readonly string[]
  readonly times: readonly string[]
  readonly emails: readonly string[]
  readonly urls: readonly string[]
  readonly paths: readonly string[]
  readonly identifiers: readonly string[]
  readonly currencies: readonly string[]
}

/** Collects the facts of a text. */
export function findFacts(text: string): Facts {
  const all = (regex: RegExp): readonly string[] => [...new Set([...text.matchAll(regex)].map((found) => found[0]))]
  const emails = all(/(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g)
  const urls = all(/https?:\/\/[^\s"'<>)]*[^\s"'<>).,;?!]/g)
  const dates = all(ISO_DATE)
  const identifiers = all(/#\d+\b|(?<![A-Z0-9-])(?=[A-Z0-9-]*\d)[A-Z]{1,6}-?\d[\dA-Z-]*\b/g)
  const bare = [...emails, ...urls, ...dates, ...identifiers].reduce((rest, found) => rest.replaceAll(found, ' '), text)
  const times = [...bare.matchAll(/\b\d{1,2}:\d{2}\b/g)].map((found) => found[0])
  const countable = times.reduce((rest, found) => rest.replaceAll(found, ' '), bare)
  return {
    text,
    topic: topicOf(text),
    quoted: findQuoted(text),
    afterColon: /:\s+(\S[\s\S]*)$/.exec(text)?.[1]?.trim(),
    places: findPlaces(text),
    names: findNames(text).map((name) => name.text),
    numbers: [...countable.matchAll(/(?<![\w.])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?!\w)/g)].map((found) => found[0].replaceAll(',', '')),
    dates,
    times,
    emails,
    urls,
    paths: findPaths(bare),
    identifiers,
    currencies: all(/\b(?:USD|EUR|GBP|JPY|CNY|CHF|CAD|AUD|INR|SEK|NOK|DKK|KRW|BRL)\b/g),
  }
}
