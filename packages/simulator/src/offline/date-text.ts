const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'] as const
const MONTH = '(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\\.?'

const DAY_FIRST = new RegExp(`\\b(?<day>\\d{1,2})(?:st|nd|rd|th)?(?: of)? (?<month>${MONTH}),? (?<year>\\d{4})\\b`, 'gi')
const MONTH_FIRST = new RegExp(`\\b(?<month>${MONTH}) (?<day>\\d{1,2})(?:st|nd|rd|th)?,? (?<year>\\d{4})\\b`, 'gi')

/** A date as `YYYY-MM-DD`, with or without a time. */
export const ISO_DATE: RegExp = /\b\d{4}-\d{2}-\d{2}\b/g

/** Writes dates such as "21 November 2026" and "March 1, 2027" as `YYYY-MM-DD`. Dates in figures alone stay: their order is not known. */
export function normalizeDates(text: string): string {
  return [DAY_FIRST, MONTH_FIRST].reduce((changed, regex) => replaceDates(changed, regex), text)
}

function replaceDates(text: string, regex: RegExp): string {
  return [...text.matchAll(regex)].reduce((changed, found) => {
    const { year = '', month = '', day = '' } = found.groups ?? {}
    return changed.replace(found[0], isoDate({ year, month, day }) ?? found[0])
  }, text)
}

interface DateWords {
  readonly year: string
  readonly month: string
  readonly day: string
}

function isoDate({ year, month, day }: DateWords): string | undefined {
  const index = MONTHS.findIndex((name) => name.startsWith(month.toLowerCase().slice(0, 3)))
  if (index === -1 || Number(day) < 1 || Number(day) > 31) return undefined
  return `${year}-${String(index + 1).padStart(2, '0')}-${day.padStart(2, '0')}`
}
