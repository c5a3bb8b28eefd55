import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const installed = '/usr/lib/postgresql'
const limitMs = 30_000

export interface PostgresServer {
  urlOf(database: string): string
  /** Kills the server without a shutdown and starts it again on the same data. */
  crash(): Promise<void>
  stop(): Promise<void>
}

/** The folder of the newest installed server; `undefined` when none is installed. */
export function postgresFolder(): string | undefined {
  const versions = existsSync(installed) ? readdirSync(installed) : []
  const folders = versions.sort((left, right) => Number(right) - Number(left)).map((version) => join(installed, version, 'bin'))
  return folders.find((folder) => existsSync(join(folder, 'initdb')))
}

/** Starts a server in a temporary folder, on a free port of the loopback address, as a user that is not root. */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = postgresFolder()
  if (bin === undefined) throw new Error('PostgreSQL is not installed.')
  const folder = mkdtempSync(join(tmpdir(), 'capstan-pg-'))
  const identity = identityFor(folder)
  const data = join(folder, 'data')
  const made = spawnSync(join(bin, 'initdb'), ['--no-sync', '-A', 'trust', '-U', 'capstan', '-E', 'UTF8', '--locale=C', '-D', data], {
    ...identity,
    encoding: 'utf8',
    timeout: limitMs,
  })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr || made.error}`)
  const port = await freePort()
  const settings = ['fsync=off', 'full_page_writes=off', 'max_connections=200', 'listen_addresses=127.0.0.1', 'unix_socket_directories=']
  const command = [join(bin, 'postgres'), '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]
  const start = (): Promise<Running> => startServer(command, { ...identity, env: { ...process.env, PGDATA: data } })
  let running = await start()
  return {
    urlOf: (database) => `postgresql://capstan@127.0.0.1:${port}/${database}`,
    async crash() {
      await running.end('QUIT\n')
      running = await start()
    },
    async stop() {
      await running.end('')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

// The shell ends the server when its own input ends, which happens however this process ends.
const untilEndOfInput = '"$@" & server=$!; read -r how || how=INT; kill -"$how" "$server"; wait "$server"; [ "$how" = QUIT ] || rm -rf "$PGDATA"'

interface Running {
  end(how: string): Promise<void>
}

async function startServer(command: readonly string[], options: SpawnOptions): Promise<Running> {
  const server = spawn('sh', ['-c', untilEndOfInput, 'sh', ...command], { ...options, stdio: ['pipe', 'ignore', 'pipe'] })
  const ended = once(server, 'close')
  const end = async (how: string): Promise<void> => {
    server.stdin?.end(how)
    await ended
  }
  try {
    await untilReady(server)
  } catch (error) {
    await end('')
    throw error
  }
  return { end }
}

// The server refuses to run as root.
function identityFor(folder: string): Pick<SpawnOptions, 'uid' | 'gid'> & { readonly cwd: string } {
  if (process.getuid?.() !== 0) return { cwd: folder }
  const idOf = (flag: string): number => Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout)
  const [uid, gid] = [idOf('-u'), idOf('-g')]
  chownSync(folder, uid, gid)
  chmodSync(folder, 0o755)
  return { cwd: folder, uid, gid }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo // A TCP server that listens has a port.
  probe.close()
  await once(probe, 'close')
  return port
}

async function untilReady(server: ChildProcess): Promise<void> {
  let said = ''
  const timer = setTimeout(() => server.stdin?.end(), limitMs)
  try {
    await new Promise<void>((resolve, reject) => {
      server.stderr?.on('data', (chunk) => {
        said += said.length < 10_000 ? chunk : ''
        if (said.includes('ready to accept connections')) resolve()
      })
      server.on('close', () => reject(new Error(`PostgreSQL did not start: ${said}`)))
    })
  } finally {
    clearTimeout(timer)
  }
}
