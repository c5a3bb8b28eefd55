import { AgentError, type Message, type Tool, type ToolSource } from '@capstan/core'
import type { Client, Prompt, Resource, ResourceTemplateType } from '@modelcontextprotocol/client'
import type { ClientWork, Connection } from './connection.ts'
import { type ResourceContent, readContents, toMessages } from './content.ts'
import { describeFailure, serverFailed } from './failure.ts'
import type { Settings } from './options.ts'
import type { ToolList } from './tool-list.ts'
import { cleanText } from './tools/clean-text.ts'
import type { SkippedTool } from './tools/make-tools.ts'

/** What a server is made of. */
export interface ServerParts {
  readonly name: string
  readonly settings: Settings
  readonly connection: Connection
  readonly list: ToolList
}

/**
 * A connected MCP server. `tools: [...server.tools]` gives an agent the tools that there are now; `tools: [server]` lets an agent with a
 * catalogue also find those that come later.
 */
export class McpServer implements ToolSource {
  /** Stands before the names of its tools. */
  readonly name: string
  readonly #parts: ServerParts

  constructor(parts: ServerParts) {
    this.name = parts.name
    this.#parts = parts
  }

  /** Its tools, sorted by name. The same array while nothing changes. */
  get tools(): readonly Tool[] {
    return this.#parts.list.tools
  }

  /** The same as `tools`: what makes it a source of tools. */
  list(): readonly Tool[] {
    return this.tools
  }

  /** Definitions that cannot be used, and why. */
  get skipped(): readonly SkippedTool[] {
    return this.#parts.list.skipped
  }

  /** What the server says about its use, without control characters. It is not given to the model: it comes from outside. */
  get instructions(): string | undefined {
    const text = this.#client.getInstructions()
    return text === undefined ? undefined : cleanText(text)
  }

  /** The protocol that both speak, such as `2026-07-28`. */
  get protocolVersion(): string | undefined {
    return this.#client.getNegotiatedProtocolVersion()
  }

  /** The name that models see for a tool of the server; `undefined` for a tool that is not offered. */
  toolName(remoteName: string): string | undefined {
    return this.#parts.list.find(remoteName)?.tool.name
  }

  /** The name that the server uses for a tool; `undefined` for a name that is not one of its tools. */
  remoteName(toolName: string): string | undefined {
    return this.#parts.list.remoteNameOf(toolName)
  }

  /** Reads the list of tools again, for servers that do not say when it changes. */
  async refresh(): Promise<void> {
    await this.#ask('cannot list its tools', () => this.#parts.list.read(this.#parts.connection.request))
  }

  /** All resources of the server; none when it has none. */
  async resources(): Promise<readonly Resource[]> {
    return await this.#askFor('resources', async (client, options) => (await client.listResources(undefined, { ...options, cacheMode: 'bypass' })).resources)
  }

  /** The patterns of resources that the server can make. */
  async resourceTemplates(): Promise<readonly ResourceTemplateType[]> {
    return await this.#askFor(
      'resources',
      async (client, options) => (await client.listResourceTemplates(undefined, { ...options, cacheMode: 'bypass' })).resourceTemplates,
    )
  }

  /** Reads a resource. What it holds comes from outside, like the result of a tool. */
  async readResource(uri: string): Promise<readonly ResourceContent[]> {
    return await this.#ask(`cannot read the resource ${JSON.stringify(uri)}`, () =>
      this.#parts.connection.request(async (client, options) => readContents(await client.readResource({ uri }, { ...options, cacheMode: 'bypass' }))),
    )
  }

  /** All prompts of the server; none when it has none. */
  async prompts(): Promise<readonly Prompt[]> {
    return await this.#askFor('prompts', async (client, options) => (await client.listPrompts(undefined, { ...options, cacheMode: 'bypass' })).prompts)
  }

  /**
   * Makes the messages of a prompt. They come from outside: a person should read them before they become the input of a run. They have the labels of
   * `returns`, so what they say names no destination for the guard of an agent.
   */
  async prompt(name: string, args: Readonly<Record<string, string>> = {}): Promise<readonly Message[]> {
    const labels = [this.#parts.settings.returns].flat()
    return await this.#ask(`cannot make the prompt ${JSON.stringify(name)}`, () =>
      this.#parts.connection.request(async (client, options) => await toMessages(await client.getPrompt({ name, arguments: { ...args } }, options), labels)),
    )
  }

  /** Ends the connection, and a process with everything that it started, in bounded time. Calls that wait fail. */
  async close(): Promise<void> {
    await this.#parts.connection.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  get #client(): Client {
    return this.#parts.connection.client
  }

  /** What a server does not have is an empty list. */
  async #askFor<Item>(what: 'resources' | 'prompts', work: ClientWork<readonly Item[]>): Promise<readonly Item[]> {
    if (this.#client.getServerCapabilities()?.[what] === undefined) return []
    return await this.#ask(`cannot list its ${what}`, () => this.#parts.connection.request(work))
  }

  async #ask<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      throw AgentError.is(error) ? error : serverFailed(this.name, `${what}: ${describeFailure(error)}.`, error)
    }
  }
}
