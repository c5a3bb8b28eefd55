import type { Json, Label } from '@capstan/core'
import { checkNames, invalidOptions, kindOf } from '@capstan/core/internal'
import { defaultCloseTimeoutMs, defaultHandshakeTimeoutMs, defaultMaxMessageBytes, defaultMaxRestarts, defaultTimeoutMs } from './limits.ts'
import { isServerName } from './tools/names.ts'

/** A server that is started as a process, and speaks over its standard input and output. */
export interface ProcessTarget {
  /** A program, found through the `PATH` that it is given. No shell reads it. */
  readonly command: string
  readonly args?: readonly string[]
  /**
   * All variables that the server gets: names, whose values are those of this process, or names with values. Default: `['PATH', 'HOME']`.
   * Without `PATH`, programs such as `npx` cannot be found.
   */
  readonly env?: readonly string[] | Readonly<Record<string, string | undefined>>
  /** The folder in which it runs. Default: that of this process. */
  readonly cwd?: string
}

/** A server that is reached over streamable HTTP. */
export interface HttpTarget {
  /** http or https. */
  readonly url: string | URL
  /** Sent with each request, such as `Authorization`. Redirects to another origin are not followed. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What a server says about one of its tools. It counts only for a server that is marked as trusted. */
export interface ToolHints {
  readonly readOnly: boolean
  readonly destructive: boolean
  readonly idempotent: boolean
  readonly openWorld: boolean
}

/** A call of a tool, as `needsApproval` sees it. */
export interface McpCall {
  /** The name that the server uses. */
  readonly tool: string
  readonly input: Json
  /** `undefined` for a server that is not trusted. */
  readonly hints: ToolHints | undefined
}

/** Something that a server asks a person in the middle of a call. Its texts come from the server: show them as such. */
export type Elicitation =
  | {
      readonly mode: 'form'
      readonly server: string
      readonly message: string
      /** JSON Schema of the content: an object of texts, numbers, booleans and choices. */
      readonly schema: Json
    }
  | {
      readonly mode: 'url'
      readonly server: string
      readonly message: string
      /** A page that the person should open. */
      readonly url: string
    }

/** What the person answered. */
export type ElicitationAnswer =
  | { readonly action: 'accept'; readonly content?: Readonly<Record<string, string | number | boolean | readonly string[]>> }
  | { readonly action: 'decline' }
  | { readonly action: 'cancel' }

/** An image, a sound or a file in the result of a call. */
export interface Media {
  /** The name that the server uses. */
  readonly tool: string
  readonly type: 'image' | 'audio' | 'resource'
  readonly mimeType: string
  readonly bytes: Uint8Array
  /** Only of a resource. */
  readonly uri?: string
}

/** Something that a person should know, and that did not stop anything. The message shows no control characters. */
export interface McpWarning {
  readonly type: 'tools-skipped' | 'pattern-unused' | 'list-failed' | 'output-mismatch' | 'elicitation-failed' | 'variable-missing'
  readonly server: string
  readonly message: string
}

/** Options of `mcp()`. */
export interface McpOptions {
  /** Stands before the names of the tools: 1 to 32 letters, digits, `-` and single `_`, the first a letter. Default: made of what the server calls itself. */
  readonly name?: string
  /** The only tools that are offered, by the names that the server uses; `*` stands for any characters. Default: all. */
  readonly allow?: readonly string[]
  /** Tools that are not offered, also if `allow` names them. Default: none. */
  readonly deny?: readonly string[]
  /** True if what the server says about its tools may decide about effects and approvals. Default: false. */
  readonly trusted?: boolean
  /** Whether a person must approve a call. Default: true; of a trusted server, only for tools that change something. */
  readonly needsApproval?: boolean | ((call: McpCall) => boolean | Promise<boolean>)
  /** What the results are, as of `tool()`; `[]` for results that may be trusted as the instructions are. Default: `untrusted`. */
  readonly returns?: Label | readonly Label[]
  /** What calls reach, as of `tool()`. Default: `external`; of a trusted server, what it says of its tools: `external`, `write`, both or nothing. */
  readonly reaches?: readonly string[]
  /** Answers what the server asks in the middle of a call. Default: everything is declined. */
  readonly onElicit?: (elicitation: Elicitation, options: { readonly signal: AbortSignal }) => ElicitationAnswer | Promise<ElicitationAnswer>
  /** Gets each image, sound and file of a result, and returns the text that the model gets for it. Default: its type and size. */
  readonly onMedia?: (media: Media) => string | Promise<string>
  /** Called when the tools of the server have changed. */
  readonly onChange?: () => void
  /** Default: `process.emitWarning`. */
  readonly onWarning?: (warning: McpWarning) => void
  /** For one call of a tool, and for any other request, in milliseconds. Default: 120,000. */
  readonly timeoutMs?: number
  /** From the start of the server to its list of tools, in milliseconds. Default: 60,000. */
  readonly handshakeTimeoutMs?: number
  /** From the end of its input until a process is killed, in milliseconds. Default: 2,000. */
  readonly closeTimeoutMs?: number
  /** How often a server that ended is started again without answering a request in between. Default: 3. */
  readonly maxRestarts?: number
  /** The most bytes of one message of the server. A larger one ends the connection. Default: 16 MiB. */
  readonly maxMessageBytes?: number
  /** The most bytes of a result for the model, as of `tool()`. Default: 50,000. */
  readonly maxResultBytes?: number
}

type Defaults = 'deny' | 'trusted' | 'returns' | 'timeoutMs' | 'handshakeTimeoutMs' | 'closeTimeoutMs' | 'maxRestarts' | 'maxMessageBytes' | 'onWarning'

/** The checked options, with their defaults. */
export type Settings = Omit<McpOptions, Defaults> & Required<Pick<McpOptions, Defaults>>

/** A target whose variables were read. */
export type CheckedTarget =
  | {
      readonly kind: 'process'
      readonly command: string
      readonly args: readonly string[]
      readonly env: Readonly<Record<string, string>>
      readonly cwd?: string
    }
  | { readonly kind: 'http'; readonly url: URL; readonly headers: Readonly<Record<string, string>> }

const optionNames: Readonly<Record<keyof McpOptions, true>> = {
  name: true,
  allow: true,
  deny: true,
  trusted: true,
  needsApproval: true,
  returns: true,
  reaches: true,
  onElicit: true,
  onMedia: true,
  onChange: true,
  onWarning: true,
  timeoutMs: true,
  handshakeTimeoutMs: true,
  closeTimeoutMs: true,
  maxRestarts: true,
  maxMessageBytes: true,
  maxResultBytes: true,
}

const instead = {
  prefix: 'name',
  server: 'name',
  include: 'allow',
  tools: 'allow',
  exclude: 'deny',
  trust: 'trusted',
  approve: 'needsApproval',
  requireApproval: 'needsApproval',
  elicitation: 'onElicit',
  timeout: 'timeoutMs',
  connectTimeoutMs: 'handshakeTimeoutMs',
}

const longestMs = 2_147_483_647

/** @throws {AgentError} `invalid-options`. */
export function checkOptions(options: McpOptions): Settings {
  checkNames(options, { names: Object.keys(optionNames), what: 'an option of mcp()', instead })
  const { name, deny = [], trusted = false, needsApproval, returns = 'untrusted', onWarning = emitWarning } = options
  if (name !== undefined && !isServerName(name)) {
    throw invalidOptions(`mcp({ name }) must be 1 to 32 letters, digits, "-" and single "_", the first a letter, not ${JSON.stringify(name)}.`)
  }
  checkPatterns(options)
  checkFunctions(options)
  if (typeof trusted !== 'boolean') throw invalidOptions(`mcp({ trusted }) must be true or false, not ${kindOf(trusted)}.`)
  if (!['undefined', 'boolean', 'function'].includes(typeof needsApproval))
    throw invalidOptions(`mcp({ needsApproval }) must be true, false or a function, not ${kindOf(needsApproval)}.`)
  const { onChange } = options
  const calls = { onWarning: guarded(onWarning), ...(onChange !== undefined && { onChange: guarded(onChange) }) }
  return { ...options, deny, trusted, returns, ...calls, ...checkNumbers(options) }
}

/** A callback of the caller that throws must not end the work that reports to it. */
function guarded<Args extends readonly unknown[]>(callback: (...args: Args) => void): (...args: Args) => void {
  return (...args) => {
    try {
      callback(...args)
    } catch (error) {
      process.emitWarning(`A callback of mcp() failed: ${kindOf(error)}.`, { type: 'CapstanWarning', code: 'CAPSTAN_MCP' })
    }
  }
}

function checkPatterns({ allow, deny }: McpOptions): void {
  for (const [key, list] of Object.entries({ allow, deny })) {
    const isList = list === undefined || (Array.isArray(list) && list.every((entry) => typeof entry === 'string' && entry !== ''))
    if (!isList) throw invalidOptions(`mcp({ ${key} }) must be a list of names of tools, such as ['read_*'].`)
  }
}

function checkFunctions(options: McpOptions): void {
  for (const key of ['onElicit', 'onMedia', 'onChange', 'onWarning'] as const) {
    if (options[key] !== undefined && typeof options[key] !== 'function')
      throw invalidOptions(`mcp({ ${key} }) must be a function, not ${kindOf(options[key])}.`)
  }
}

/** Each number with its default and its range. */
const numbers = {
  timeoutMs: { byDefault: defaultTimeoutMs, least: 1, most: longestMs },
  handshakeTimeoutMs: { byDefault: defaultHandshakeTimeoutMs, least: 1, most: longestMs },
  closeTimeoutMs: { byDefault: defaultCloseTimeoutMs, least: 0, most: longestMs },
  maxRestarts: { byDefault: defaultMaxRestarts, least: 0, most: 1_000_000 },
  maxMessageBytes: { byDefault: defaultMaxMessageBytes, least: 1_024, most: 512 * 1024 * 1024 },
} as const

function checkNumbers(options: McpOptions): Pick<Settings, keyof typeof numbers> {
  const read = (name: keyof typeof numbers): number => {
    const { byDefault, least, most } = numbers[name]
    const value: unknown = options[name] ?? byDefault
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
    throw invalidOptions(`mcp({ ${name} }) must be a whole number from ${least} to ${most}, not ${String(value)}.`)
  }
  return {
    timeoutMs: read('timeoutMs'),
    handshakeTimeoutMs: read('handshakeTimeoutMs'),
    closeTimeoutMs: read('closeTimeoutMs'),
    maxRestarts: read('maxRestarts'),
    maxMessageBytes: read('maxMessageBytes'),
  }
}

function emitWarning({ message }: McpWarning): void {
  process.emitWarning(message, { type: 'CapstanWarning', code: 'CAPSTAN_MCP' })
}
