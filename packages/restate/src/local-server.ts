import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/** A Restate server on this machine, for tests and trials. */
export interface LocalServer extends AsyncDisposable {
  /** The URL at which clients start workflows. */
  readonly ingressUrl: string
  readonly adminUrl: string
  readonly pid: number | undefined
  /** Registers the URL at which a worker serves workflows. */
  register(workerUrl: string): Promise<void>
  /** Kills the server as a crash would, and keeps what it wrote. */
  kill(): Promise<void>
  /** Starts the server again with the same ports and data. */
  restart(): Promise<void>
}

/** Options of `startLocalServer`. */
export interface LocalServerOptions {
  /** Path of `restate-server`: of the npm package `@restatedev/restate-server-<platform>-<architecture>`, or your own. */
  readonly binary: string
  /** Time limit for each start and each registration, in milliseconds. Default: 60,000. */
  readonly timeoutMs?: number
}

/**
 * Starts a server on free ports of the loopback interface. Its data is in a temporary folder, which is removed when the server is disposed.
 *
 * @throws {Error} If the server ends or is not ready in time. The message has its output.
 * @see https://docs.restate.dev/server/configuration
 */
export async function startLocalServer(options: LocalServerOptions): Promise<LocalServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnFreePorts(options)
    } catch (error) {
      // Another process can take a port between the search for free ones and the start.
      if (attempt === maxStarts || !String(error).includes('Address in use')) throw error
    }
  }
}

const maxStarts = 3

async function startOnFreePorts({ binary, timeoutMs = 60_000 }: LocalServerOptions): Promise<LocalServer> {
  const folder = await mkdtemp(join(tmpdir(), 'capstan-restate-'))
  const ports = await freePorts()
  const ingressUrl = `http://127.0.0.1:${ports.ingress}`
  const adminUrl = `http://127.0.0.1:${ports.admin}`
  let child: ChildProcess | undefined
  const killNow = (): void => void child?.kill('SIGKILL')
  const server: LocalServer = {
    ingressUrl,
    adminUrl,
    get pid() {
      return child?.pid
    },
    register: (workerUrl) => register({ adminUrl, ingressUrl }, workerUrl, timeoutMs),
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'close')
      killNow()
      await ended
    },
    async restart() {
      child = spawn(binary, ['--no-logo'], { env: { ...process.env, ...environment(folder, ports) }, stdio: ['ignore', 'pipe', 'pipe'] })
      await ready(child, [`${ingressUrl}/restate/health`, `${adminUrl}/health`], timeoutMs)
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', killNow)
      await server.kill()
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
  // Kills the server when this process exits. Otherwise it would keep running.
  process.on('exit', killNow)
  try {
    await server.restart()
    return server
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}

type Ports = Readonly<Record<'node' | 'ingress' | 'admin', number>>

function environment(folder: string, { node, ingress, admin }: Ports): Readonly<Record<string, string>> {
  return {
    DO_NOT_TRACK: '1',
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_ADMIN__DISABLE_WEB_UI: 'true',
    RESTATE_BASE_DIR: folder,
    RESTATE_NODE_NAME: 'local',
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BIND_IP: '127.0.0.1',
    RESTATE_BIND_PORT: String(node),
    RESTATE_INGRESS__BIND_PORT: String(ingress),
    RESTATE_ADMIN__BIND_PORT: String(admin),
    RESTATE_DEFAULT_NUM_PARTITIONS: '2',
    RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: '128MB',
    RESTATE_LOG_FILTER: 'error',
    RESTATE_LOG_DISABLE_ANSI_CODES: 'true',
  }
}

async function ready(child: ChildProcess, urls: readonly string[], timeoutMs: number): Promise<void> {
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said = `${said}${chunk}`.slice(-4_000)))
  let ended: string | undefined
  child.once('error', (error) => (ended = error.message))
  child.once('exit', (code, signal) => (ended = `it ended with ${code ?? signal}`))
  const deadline = Date.now() + timeoutMs
  while (!(await isHealthy(urls))) {
    if (ended === undefined && Date.now() < deadline) await setTimeout(50)
    else throw new Error(`The Restate server did not start: ${ended ?? `not ready after ${timeoutMs} ms`}. ${said}`.trim())
  }
}

async function isHealthy(urls: readonly string[]): Promise<boolean> {
  const responses = urls.map((url) => fetch(url, { signal: AbortSignal.timeout(1_000) }).then(({ ok }) => ok))
  return (await Promise.all(responses).catch(() => [false])).every(Boolean)
}

/** @see https://docs.restate.dev/admin-api/deployment/register-deployment */
async function register({ adminUrl, ingressUrl }: Pick<LocalServer, 'adminUrl' | 'ingressUrl'>, workerUrl: string, timeoutMs: number): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await fetch(`${adminUrl}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: workerUrl }),
    signal,
  })
  if (!response.ok) throw new Error(`The Restate server refused the worker at ${workerUrl} (${response.status}): ${await response.text()}`)
  const { services = [] } = (await response.json()) as { readonly services?: readonly { readonly name: string }[] }
  for (const { name } of services) while (!(await knows(ingressUrl, name, signal))) await setTimeout(50, undefined, { signal })
}

/** False while the ingress, another part of the server, was not told of a service. It is asked for a handler that no service has. */
async function knows(ingressUrl: string, service: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(`${ingressUrl}/${service}/any/not-a-handler`, { method: 'POST', signal })
  return !(await response.text()).includes(`service '${service}' not found`)
}

// All ports are held until the last one is found, so that they differ.
async function freePorts(): Promise<Ports> {
  const [node, ingress, admin] = await Promise.all([holdPort(), holdPort(), holdPort()])
  for (const { close } of [node, ingress, admin]) close()
  return { node: node.port, ingress: ingress.port, admin: admin.port }
}

async function holdPort(): Promise<{ readonly port: number; readonly close: () => void }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('A port has a number.')
  return { port: address.port, close: () => void server.close() }
}
