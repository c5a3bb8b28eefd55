import { Connection } from './connection.ts'
import { describeFailure, serverFailed } from './failure.ts'
import { type CheckedTarget, checkOptions, type HttpTarget, type McpOptions, type ProcessTarget, type Settings } from './options.ts'
import { McpServer } from './server.ts'
import { checkTarget } from './target.ts'
import { ToolList } from './tool-list.ts'
import { serverNameOf } from './tools/names.ts'
import { watchChanges } from './watch-changes.ts'

/**
 * Connects to an MCP server, and reads its tools: a program that is started, or a URL. Both protocol eras are spoken. Close it in the end:
 * `await using server = await mcp(…)`, or `await server.close()`.
 *
 * @throws {AgentError} `invalid-options`, or `mcp-failed` for a server that cannot be started or reached, that does not answer the handshake
 * in time, or whose tools cannot be listed.
 */
export async function mcp(target: ProcessTarget | HttpTarget, options: McpOptions = {}): Promise<McpServer> {
  const settings = checkOptions(options)
  const missing: string[] = []
  const checked = checkTarget(target, (variable) => missing.push(variable))
  const label = settings.name ?? labelOf(checked)
  if (missing.length > 0) {
    settings.onWarning({ type: 'variable-missing', server: label, message: `MCP server ${label}: this process has no variable ${missing.join(', ')}.` })
  }
  return await new Start(checked, settings, label).run()
}

/** A server that is not named yet, for errors. */
function labelOf(target: CheckedTarget): string {
  return JSON.stringify(target.kind === 'process' ? [target.command, ...target.args].join(' ').slice(0, 200) : `${target.url.origin}${target.url.pathname}`)
}

/** The start of a server: connection, name, list of tools. */
class Start {
  readonly #target: CheckedTarget
  readonly #settings: Settings
  readonly #label: string
  #list: ToolList | undefined
  #connection: Connection | undefined

  constructor(target: CheckedTarget, settings: Settings, label: string) {
    this.#target = target
    this.#settings = settings
    this.#label = label
  }

  async run(): Promise<McpServer> {
    const connection = await this.#connect()
    this.#connection = connection
    const name = this.#settings.name ?? serverNameOf(connection.client.getServerVersion()?.name ?? 'server')
    const list = new ToolList({
      isHttp: this.#target.kind === 'http',
      host: {
        server: name,
        settings: this.#settings,
        connection,
        reread: async (remoteName) => {
          await list.read(connection.request)
          return list.find(remoteName)?.remote
        },
      },
    })
    this.#list = list
    // Before the list is read, so that no change of it is missed.
    this.#watch()
    try {
      await list.read(connection.request)
    } catch (error) {
      await connection.close()
      throw serverFailed(name, `cannot list its tools: ${describeFailure(error)}.`, error)
    }
    return new McpServer({ name, settings: this.#settings, connection, list })
  }

  async #connect(): Promise<Connection> {
    try {
      return await Connection.open({
        target: this.#target,
        settings: this.#settings,
        name: this.#label,
        onToolsChanged: () => this.#refresh(),
        onReopened: async (request) => {
          await this.#list?.reread(request)
          this.#watch()
        },
      })
    } catch (error) {
      throw serverFailed(this.#label, `cannot be used: ${describeFailure(error)}.`, error)
    }
  }

  #refresh(): void {
    if (this.#connection !== undefined) this.#list?.refresh(this.#connection.request)
  }

  #watch(): void {
    const connection = this.#connection
    const client = connection?.client
    if (connection === undefined || client === undefined) return
    const isCurrent = (): boolean => !connection.isClosed && connection.client === client
    void watchChanges(client, { isCurrent, onMissed: () => this.#refresh() })
  }
}
