import { isCredentialName } from '@capstan/core/internal'

/** Stands for what must not be recorded. */
export const redacted = '[redacted]'
/** A value of a query from this length on counts as a credential under any name: some services call theirs `code`. */
const longestPlainValue = 24

/** URLs that were redacted before. Those of a program are few, and each takes longer to parse than everything else about its request. */
const known = new Map<string, string>()
const maxKnown = 100

/** A URL without user, password and fragment, and without the credentials of its query. The same for a URL that was redacted before. */
export function redactURL(url: string): string {
  let shown = known.get(url)
  if (shown === undefined) {
    shown = redactNew(url)
    if (known.size >= maxKnown) known.clear()
    known.set(url, shown)
  }
  return shown
}

function redactNew(url: string): string {
  const shown = new URL(url)
  shown.username = ''
  shown.password = ''
  shown.hash = ''
  for (const name of new Set(shown.searchParams.keys())) {
    if (isCredentialName(name) || shown.searchParams.getAll(name).some(isLong)) shown.searchParams.set(name, redacted)
  }
  // Written in one form, so that the key of a request does not depend on whether something of it was redacted.
  if (shown.search !== '') shown.search = shown.searchParams.toString()
  return shown.href
}

function isLong(value: string): boolean {
  return value.length > longestPlainValue
}
