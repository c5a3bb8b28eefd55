import type { Tool } from '@capstan/core'
import type { Client, StandardSchemaV1 } from '@modelcontextprotocol/client'
import type { Request } from './connection.ts'
import { describeFailure } from './failure.ts'
import { maxListCharacters, maxPages, refreshPauseMs } from './limits.ts'
import type { McpWarning, Settings } from './options.ts'
import type { CallHost } from './tools/call-tool.ts'
import { cleanText, quote } from './tools/clean-text.ts'
import { type MadeTools, type MappedTool, makeTools, type SkippedTool } from './tools/make-tools.ts'

/** What the list of tools needs. */
export interface ToolListOptions {
  readonly host: CallHost
  readonly isHttp: boolean
}

/** Skipped tools that a warning names. */
const namedTools = 5

/** The tools of a server as they are now. A list that cannot be read leaves the last one as it is. */
export class ToolList {
  readonly #options: ToolListOptions
  readonly #settings: Settings
  #mapped: ReadonlyMap<string, MappedTool> = new Map()
  #tools: readonly Tool[] = []
  #skipped: readonly SkippedTool[] = []
  #reading: Promise<void> | undefined
  #isStale = false
  #lastWarning = ''

  constructor(options: ToolListOptions) {
    this.#options = options
    this.#settings = options.host.settings
  }

  /** The same array while nothing changes. */
  get tools(): readonly Tool[] {
    return this.#tools
  }

  get skipped(): readonly SkippedTool[] {
    return this.#skipped
  }

  /** The tool that the server calls so. */
  find(remoteName: string): MappedTool | undefined {
    return this.#mapped.get(remoteName)
  }

  /** The name that the server uses for a tool. */
  remoteNameOf(toolName: string): string | undefined {
    return [...this.#mapped.values()].find(({ tool }) => tool.name === toolName)?.remote.name
  }

  /** @throws What the request throws. Then the list stays as it was. */
  async read(request: Request): Promise<void> {
    const { host, isHttp } = this.#options
    const definitions = await readDefinitions(request)
    const made = await makeTools(definitions, { host, isHttp, known: this.#mapped, has: (name) => this.#mapped.has(name) })
    const tools = made.mapped.map(({ tool }) => tool)
    this.#mapped = new Map(made.mapped.map((each) => [each.remote.name, each]))
    this.#skipped = made.skipped
    this.#warnAbout(made)
    if (tools.length === this.#tools.length && tools.every((tool, index) => tool === this.#tools[index])) return
    const isFirst = this.#tools.length === 0
    this.#tools = Object.freeze(tools)
    if (!isFirst) this.#settings.onChange?.()
  }

  /** Reads the list again. Never rejects: what goes wrong is a warning. */
  async reread(request: Request): Promise<void> {
    try {
      await this.read(request)
    } catch (error) {
      // A notice may come while the server is closed.
      if (this.#options.host.connection.isClosed) return
      this.#warn('list-failed', `the list of tools cannot be read, so the last one stays: ${describeFailure(error)}`)
    }
  }

  /** Reads the list again, in the background. Notices that come meanwhile are one further reading. */
  refresh(request: Request): void {
    this.#isStale = true
    this.#reading ??= this.#readWhileStale(request).finally(() => {
      this.#reading = undefined
    })
  }

  async #readWhileStale(request: Request): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false
      await this.reread(request)
      // A server that sends notices without end is not asked without end.
      await new Promise((resolve) => setTimeout(resolve, refreshPauseMs).unref())
    }
  }

  #warnAbout({ skipped, unused }: MadeTools): void {
    const first = skipped.slice(0, namedTools).map(({ name, reason }) => `${quote(name)} (${cleanText(reason)})`)
    const rest = skipped.length > namedTools ? ` and ${skipped.length - namedTools} more` : ''
    const text = `${skipped.length} of its tools cannot be used: ${first.join('; ')}${rest}`
    if (skipped.length > 0 && text !== this.#lastWarning) this.#warn('tools-skipped', text)
    this.#lastWarning = skipped.length > 0 ? text : ''
    if (unused.length > 0 && this.#tools.length === 0)
      this.#warn('pattern-unused', `no tool has one of these names of \`allow\` or \`deny\`: ${unused.map(quote).join(', ')}`)
  }

  #warn(type: McpWarning['type'], text: string): void {
    const { server } = this.#options.host
    this.#settings.onWarning({ type, server, message: `MCP server ${server}: ${text}.` })
  }
}

/** A page of a list, whatever its entries are. */
interface Page {
  readonly tools: readonly unknown[]
  readonly nextCursor?: string
}

/** The client package refuses a complete list for one entry that is not valid. */
const pageSchema: StandardSchemaV1<unknown, Page> = {
  '~standard': {
    version: 1,
    vendor: 'capstan',
    validate: (value) => {
      const { tools, nextCursor } = Object(value) as Partial<Page>
      if (!Array.isArray(tools)) return { issues: [{ message: 'a list of tools was expected' }] }
      return { value: { tools, ...(typeof nextCursor === 'string' && { nextCursor }) } }
    },
  },
}

async function readDefinitions(request: Request): Promise<readonly unknown[]> {
  const definitions: unknown[] = []
  const cursors = new Set<string>()
  let characters = 0
  let cursor: string | undefined
  do {
    const params = cursor === undefined ? {} : { cursor }
    const page = await request((client, options) => readPage(client, params, options))
    for (const definition of page.tools) definitions.push(definition)
    characters += page.tools.reduce<number>((sum, definition) => sum + sizeOf(definition), 0)
    if (characters > maxListCharacters) throw new Error(`its tools have more than ${maxListCharacters} characters together`)
    cursor = page.nextCursor
    if (cursor !== undefined && cursors.has(cursor)) throw new Error('its list of tools has no end: it names a page twice')
    if (cursor !== undefined) cursors.add(cursor)
    if (cursors.size > maxPages) throw new Error(`its list of tools has more than ${maxPages} pages`)
  } while (cursor !== undefined)
  return definitions
}

/** What is nested too deep to write down is skipped later. */
function sizeOf(definition: unknown): number {
  try {
    return JSON.stringify(definition)?.length ?? 0
  } catch {
    return 0
  }
}

async function readPage(client: Client, params: { readonly cursor?: string }, options: Parameters<Client['callTool']>[1]): Promise<Page> {
  // A server without tools is one for its resources or prompts.
  if (client.getServerCapabilities()?.tools === undefined) return { tools: [] }
  return await client.request({ method: 'tools/list', params }, pageSchema, options)
}
