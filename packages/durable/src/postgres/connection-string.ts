import { invalidOptions } from '@capstan/core/internal'

/** A connection string, and what of it nobody may read in an error. */
export interface ConnectionString {
  readonly text: string
  readonly secrets: readonly string[]
}

/** @throws {AgentError} `invalid-options`, without any part of the string. */
export function readConnectionString(text: string): ConnectionString {
  // A folder with the socket of a server, and the name of a database.
  if (text.startsWith('/')) return { text, secrets: [] }
  const url = /^postgres(?:ql)?:\/\//i.test(text) ? parseUrl(text) : undefined
  if (url === undefined || /@/.test(url.pathname) || url.hash !== '') {
    const form = 'postgresql://user:password@host:port/database'
    const message = `The connection string of the database cannot be read. Its form is ${form}, with characters such as @ : / ? # % in the password percent-encoded.`
    throw invalidOptions(message)
  }
  const given = [url.password, url.searchParams.get('password') ?? ''].flatMap((secret) => [secret, decode(secret)])
  // A password that is also the name of the user or the database cannot be told from it.
  const names = [url.username, url.pathname.slice(1), '']
  return { text, secrets: given.filter((secret) => !names.includes(secret)) }
}

// Without a host, `pg` takes the host of the parameter `host` or of its environment.
function parseUrl(text: string): URL | undefined {
  return [text, text.replace('@/', '@host/'), text.replace(':///', '://host/')].map(parse).find((url) => url !== undefined)
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
