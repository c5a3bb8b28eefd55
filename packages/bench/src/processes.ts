import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { paths } from './paths.ts'

/** What a child says over IPC. */
interface ChildMessage {
  readonly report?: unknown
  readonly error?: string
  readonly port?: number
}

// Nothing of the caller's environment, such as keys and proxies, may change what is measured.
const environment = {
  PATH: process.env['PATH'],
  NODE_ENV: 'production',
  LANGSMITH_TRACING: 'false',
  LANGCHAIN_TRACING_V2: 'false',
  OPENAI_AGENTS_DISABLE_TRACING: '1',
}

function start(node: string, script: string, args: readonly string[]): ChildProcess {
  return fork(join(paths.processes, script), args, {
    execPath: node,
    execArgv: ['--expose-gc'],
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}

async function nextMessage(child: ChildProcess, name: string): Promise<ChildMessage> {
  const left = new AbortController()
  try {
    const [message] = await Promise.race([
      once(child, 'message', { signal: left.signal }),
      once(child, 'exit', { signal: left.signal }).then(([code]) => {
        throw new Error(`${name} exited with ${code} before it said anything.`)
      }),
    ])
    return message
  } finally {
    left.abort()
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exited = once(child, 'exit')
  if (child.connected) child.disconnect()
  await exited
}

/** The mock provider, in a process of its own. */
export interface Provider extends AsyncDisposable {
  /** `http://host:port` */
  readonly origin: string
  /** The bodies of the requests since the last call, of scripts that are recorded. */
  recorded(): Promise<readonly string[]>
  /** The replies of a script. */
  repliesOf(script: string): Promise<readonly ScriptedReply[]>
}

/** One reply of `scripts.mjs`. */
export interface ScriptedReply {
  readonly calls?: readonly { readonly text: string }[]
  readonly reasoning?: readonly string[]
}

export async function startProvider(node: string, keepAliveMs = 120_000): Promise<Provider> {
  const child = start(node, 'provider.mjs', [String(keepAliveMs)])
  const { port } = await nextMessage(child, 'The provider')
  const origin = `http://127.0.0.1:${port}`
  return {
    origin,
    // Both are written by provider.mjs.
    recorded: async () => (await (await fetch(`${origin}/recorded`)).json()) as string[],
    repliesOf: async (script) => (await (await fetch(`${origin}/replies/${script}`)).json()) as ScriptedReply[],
    [Symbol.asyncDispose]: () => end(child),
  }
}

/** Options of a client process. */
export interface ClientOptions {
  /** Path of the contender's module. */
  readonly contender: string
  readonly origin: string
  readonly script: string
  readonly mode: string
  readonly schemaKind?: 'json' | 'zod'
  /** Size of what the tool returns. Default: 20. */
  readonly resultBytes?: number
  /** Where to write CPU profiles, without extension. */
  readonly profile?: string | undefined
}

/** A contender in a process of its own. */
export interface Client extends AsyncDisposable {
  /** False where the contender has no such mode. */
  readonly isSupported: boolean
  readonly settings: readonly string[]
  /**
   * Does one thing of `measurements.mjs`.
   *
   * @throws {Error} What went wrong there.
   */
  perform<Report>(action: string, options: object): Promise<Report>
}

export async function startClient(node: string, options: ClientOptions): Promise<Client> {
  const child = start(node, 'client.mjs', [JSON.stringify(options)])
  const { report } = await nextMessage(child, options.contender)
  const { isSupported, settings } = report as Pick<Client, 'isSupported' | 'settings'> // The first message of client.mjs.
  return {
    isSupported,
    settings,
    perform: async <Report>(action: string, actionOptions: object) => {
      child.send({ action, options: actionOptions })
      const message = await nextMessage(child, options.contender)
      if (message.error !== undefined) throw new Error(message.error)
      return message.report as Report // Each action has its own report; the caller names it.
    },
    [Symbol.asyncDispose]: () => end(child),
  }
}

/** Runs a process that reports once and ends. */
export async function runOnce<Report>(node: string, script: string, options: object): Promise<Report> {
  const child = start(node, script, [JSON.stringify(options)])
  const { report } = await nextMessage(child, script)
  await end(child)
  return report as Report // As above.
}
