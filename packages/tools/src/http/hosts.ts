import { invalidOptions } from '@capstan/core/internal'
import type { AddressKind } from './addresses.ts'

/** The options that say which hosts are reached. */
export interface HostOptions {
  /**
   * The hosts that are reached, such as `['api.example.org', '*.example.org', 'example.org:8443']`: `*.` stands for all subdomains, and without a port only
   * the default port of the scheme is reached. `'public'` stands for every host of the internet: then the model decides to whom the data in a URL is sent.
   */
  readonly hosts: readonly string[] | 'public'
  /**
   * Hosts that may have addresses of this machine or of a private network, each with its port, such as `['127.0.0.1:8080', 'wiki.intranet:443']`. They
   * are reached in addition to `hosts`, also by `http:`. Link-local addresses and the metadata services of clouds are never reached. Default: none.
   */
  readonly privateHosts?: readonly string[]
  /** Whether URLs with `http:`, which others on the way can read and change, are allowed. Default: false. */
  readonly allowHttp?: boolean
}

/** A URL that may be requested. */
export interface Target {
  readonly url: URL
  /** Host and port as in the URL, without a port that is the default of the scheme: unique for a destination. */
  readonly host: string
  /** True if the owner of the tool listed this host; false if it is one of all public hosts. */
  readonly isListed: boolean
  /** The kinds of addresses to which a connection may be made. */
  readonly kinds: readonly AddressKind[]
  /** Whether the headers of the owner may be sent: not where others on the way can read them. */
  readonly mayGetHeaders: boolean
}

/** A URL that may not be requested, and why, in a sentence for the model. */
export interface Refusal {
  readonly problem: string
}

const maxUrlLength = 4_000
const hostForm = /^(\*\.)?([^\s/?#@\\:[\]*]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i
const defaultPorts: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' }
const publicKinds: readonly AddressKind[] = ['public']
const privateKinds: readonly AddressKind[] = ['public', 'loopback', 'private']

/** A host as it is written in options: `example.org`, `*.example.org`, `example.org:8443`, `[::1]:8080`. */
export class HostPattern {
  /** Lower case, in ASCII, without a dot at the end. */
  readonly hostname: string
  readonly includesSubdomains: boolean
  /** Empty for the default port of the scheme. */
  readonly port: string

  private constructor(hostname: string, includesSubdomains: boolean, port: string) {
    this.hostname = hostname
    this.includesSubdomains = includesSubdomains
    this.port = port
  }

  /**
   * @param option - The option that has the text.
   * @throws {AgentError} `invalid-options`
   */
  static parse(text: unknown, option: string): HostPattern {
    const [, wildcard, name = '', port = ''] = (typeof text === 'string' ? hostForm.exec(text) : null) ?? []
    // The parser of URLs normalises: letter case, international names, and the spellings of IPv4 addresses.
    if (name === '' || !URL.canParse(`https://${name}${port === '' ? '' : `:${port}`}`)) {
      const forms = "'api.example.org', '*.example.org' or 'example.org:8443'"
      throw invalidOptions(`\`${option}\` has ${JSON.stringify(text)}. Write a host, such as ${forms}, without scheme and path.`)
    }
    const hostname = bareName(new URL(`https://${name}`).hostname)
    if (wildcard !== undefined && (!hostname.includes('.') || /^[\d.]+$/.test(hostname)))
      throw invalidOptions(`\`${option}\` has ${JSON.stringify(text)}, which is too wide: a domain with at least two parts must follow '*.'.`)
    return new HostPattern(hostname, wildcard !== undefined, port)
  }

  /** True for a URL whose host and port are these. */
  matches(url: URL): boolean {
    const name = bareName(url.hostname)
    const isHost = this.includesSubdomains ? name.endsWith(`.${this.hostname}`) : name === this.hostname
    return isHost && (url.port === this.port || (url.port === '' && this.port === defaultPorts[url.protocol]))
  }

  toString(): string {
    return `${this.includesSubdomains ? '*.' : ''}${this.hostname}${this.port === '' ? '' : `:${this.port}`}`
  }
}

/** The hosts that a tool may reach. */
export class Hosts {
  readonly #listed: readonly HostPattern[] | 'public'
  readonly #private: readonly HostPattern[]
  readonly #allowHttp: boolean

  /** @throws {AgentError} `invalid-options` */
  constructor({ hosts, privateHosts = [], allowHttp = false }: HostOptions) {
    const isNone = Array.isArray(hosts) && hosts.length === 0 && privateHosts.length === 0
    if ((hosts !== 'public' && !Array.isArray(hosts)) || isNone)
      throw invalidOptions("`hosts` must be the list of the hosts that are reached, such as ['api.example.org'], or 'public' for every host of the internet.")
    if (!Array.isArray(privateHosts)) throw invalidOptions("`privateHosts` must be a list of hosts with their ports, such as ['127.0.0.1:8080'].")
    if (typeof allowHttp !== 'boolean') throw invalidOptions('`allowHttp` must be true or false.')
    this.#listed = hosts === 'public' ? hosts : hosts.map((text) => HostPattern.parse(text, 'hosts'))
    this.#private = privateHosts.map(parsePrivateHost)
    this.#allowHttp = allowHttp
  }

  /** Checks a URL, without asking for addresses. */
  target(text: string): Target | Refusal {
    if (text.length > maxUrlLength) return { problem: `the URL has more than ${maxUrlLength} characters` }
    if (!URL.canParse(text)) return { problem: 'this is not a complete URL, such as https://example.org/page' }
    const url = new URL(text)
    url.hash = ''
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return { problem: 'only URLs with https: are requested' }
    if (url.username !== '' || url.password !== '') return { problem: 'a URL must not contain a user name or a password' }
    const isPrivate = this.#private.some((pattern) => pattern.matches(url))
    if (url.protocol === 'http:' && !this.#allowHttp && !isPrivate) return { problem: 'http: is not allowed: use https:' }
    const target = {
      url,
      host: hostOf(url),
      isListed: true,
      kinds: isPrivate ? privateKinds : publicKinds,
      mayGetHeaders: isPrivate || url.protocol === 'https:',
    }
    if (isPrivate) return target
    if (this.#listed === 'public') return url.port === '' ? { ...target, isListed: false } : { problem: 'only the default port is reached' }
    if (this.#listed.some((pattern) => pattern.matches(url))) return target
    return { problem: `this host is not one of those that are allowed: ${this.describe()}` }
  }

  /** The hosts, for a description of the tool. */
  describe(): string {
    const listed = this.#listed === 'public' ? ['every public host'] : this.#listed.map(String)
    return [...listed, ...this.#private.map(String)].join(', ')
  }
}

/** The name without the dot at its end, which names the same host. */
export function bareName(hostname: string): string {
  return hostname.replace(/\.$/, '')
}

function hostOf(url: URL): string {
  return url.port === '' ? bareName(url.hostname) : `${bareName(url.hostname)}:${url.port}`
}

function parsePrivateHost(text: unknown): HostPattern {
  const pattern = HostPattern.parse(text, 'privateHosts')
  if (!pattern.includesSubdomains && pattern.port !== '') return pattern
  throw invalidOptions(
    `\`privateHosts\` has ${JSON.stringify(text)}. Write one host with its port, such as '127.0.0.1:8080', so that no other service is reached.`,
  )
}
