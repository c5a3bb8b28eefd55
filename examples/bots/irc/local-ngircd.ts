import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/** Where Debian installs it. */
const program = process.env['NGIRCD'] ?? '/usr/sbin/ngircd'

/** A server on this machine, for trying the bot out. */
export interface LocalServer {
  readonly port: number
  /** Kills it, without a word to its clients, and resolves when it has ended. */
  stop(): Promise<void>
}

/** True where ngircd is installed: Debian's package `ngircd`, or the program that `NGIRCD` names. */
export function hasNgircd(): boolean {
  return existsSync(program)
}

/** Starts ngircd on a port of the loopback address. It ends with this process. */
export async function startNgircd(wanted = 0): Promise<LocalServer> {
  const port = wanted === 0 ? await freePort() : wanted
  const folder = mkdtempSync(join(tmpdir(), 'capstan-irc-'))
  // The server drops its privileges and reads the file again on a signal.
  chmodSync(folder, 0o755)
  const file = join(folder, 'ngircd.conf')
  writeFileSync(file, configuration(port))
  // The shell ends the server when its own input ends, which happens however this process ends.
  const untilEnd = '"$@" & server=$!; read -r _; kill -9 "$server"; wait "$server"'
  const shell = spawn('sh', ['-c', untilEnd, 'sh', program, '-n', '-f', file], { stdio: ['pipe', 'ignore', 'ignore'] })
  const ended = new Promise<void>((resolve) => shell.once('close', () => resolve()))
  while (!(await accepts(port))) await setTimeout(20)
  return {
    port,
    async stop() {
      shell.stdin.end()
      await ended
    },
  }
}

function configuration(port: number): string {
  const user = process.getuid?.() === 0 ? '\tServerUID = nobody\n\tServerGID = nogroup\n' : ''
  return [
    `[Global]\n\tName = irc.local\n\tInfo = a local server\n\tListen = 127.0.0.1\n\tPorts = ${port}\n${user}`,
    '[Limits]\n\tMaxPenaltyTime = 0\n\tMaxConnectionsIP = 0\n\tMaxJoins = 0\n',
    '[Options]\n\tDNS = no\n\tIdent = no\n\tPAM = no\n',
    '[Channel]\n\tName = #ops\n',
  ].join('\n')
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.end())
  })
}
