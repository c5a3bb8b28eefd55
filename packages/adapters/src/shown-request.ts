import { isCredentialName } from '@capstan/core/internal'
import type { Connection, RequestHeaders } from './connection.ts'

/** By connection: the last path that was asked for, which is that of nearly every request, and what is shown of it. */
const shownURLs = new WeakMap<Connection, { readonly path: string; readonly url: string }>()

/** The URL of a request, without the credentials in its query. */
export function shownURL(connection: Connection, path: string): string {
  const known = shownURLs.get(connection)
  if (known?.path === path) return known.url
  const url = withoutCredentials(new URL(path, connection.origin))
  shownURLs.set(connection, { path, url })
  return url
}

function withoutCredentials(shown: URL): string {
  for (const name of new Set(shown.searchParams.keys())) if (isCredentialName(name)) shown.searchParams.set(name, '[redacted]')
  return shown.href
}

/** The headers of a request without credentials. */
export function shownHeaders(sent: RequestHeaders): Readonly<Record<string, string>> {
  let shown = shownOf.get(sent)
  if (shown === undefined) {
    shown = showHeaders(sent)
    shownOf.set(sent, shown)
  }
  return shown
}

/** Headers that do not change between requests are one object. */
const shownOf = new WeakMap<RequestHeaders, Readonly<Record<string, string>>>()

function showHeaders({ headers, secrets }: RequestHeaders): Readonly<Record<string, string>> {
  const shown = Object.entries(headers).map(([name, value]) => {
    const isSecret = isCredentialName(name) || secrets.some((secret) => secret !== '' && value.includes(secret))
    return [name, isSecret ? '[redacted]' : value] as const
  })
  return Object.fromEntries(shown.filter(([name]) => name !== 'authorization'))
}
