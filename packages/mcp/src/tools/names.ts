import { createHash } from 'node:crypto'

const maxLength = 64

/** Joins the name of a server and that of a tool. */
const separator = '__'

/**
 * Gives each tool of a server a name that models and providers accept: `server__tool`, with `_` for characters that are not allowed. A name
 * that is too long, and names that a model could confuse with each other, end with a hash of the name that the server uses. So the result
 * depends only on the set of names, not on their order.
 *
 * @param names - Those that the server uses, each once.
 * @returns For each of them the name that models see.
 */
export function mapNames(server: string, names: readonly string[]): ReadonlyMap<string, string> {
  const wanted = new Map(names.map((name) => [name, plainName(server, name)]))
  const counts = new Map<string, number>()
  for (const name of wanted.values()) counts.set(fold(name), (counts.get(fold(name)) ?? 0) + 1)
  const isFine = (name: string): boolean => name.length <= maxLength && counts.get(fold(name)) === 1
  return new Map([...wanted].map(([name, plain]) => [name, isFine(plain) ? plain : hashedName(plain, name)]))
}

function plainName(server: string, name: string): string {
  return `${server}${separator}${name.replace(/[^A-Za-z0-9_-]/g, '_')}`
}

function hashedName(plain: string, name: string): string {
  const ending = `_${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
  return `${plain.slice(0, maxLength - ending.length)}${ending}`
}

/** An agent refuses names that differ only in this. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll('-', '_')
}

/** The longest name of a server, so that most tools keep theirs. */
const maxServerLength = 32

/** True for a name that can be a prefix of the names of tools. */
export function isServerName(name: unknown): name is string {
  return typeof name === 'string' && name.length <= maxServerLength && /^[A-Za-z](?:[A-Za-z0-9-]|_(?!_))*$/.test(name) && !name.endsWith('_')
}

/** Makes the name of a server of what it calls itself. */
export function serverNameOf(text: string): string {
  const name = text
    .replace(/[^A-Za-z0-9-]+/g, '_')
    .replace(/^[^A-Za-z]+/, '')
    .slice(0, maxServerLength)
    .replace(/_+$/, '')
  return isServerName(name) ? name : 'server'
}
