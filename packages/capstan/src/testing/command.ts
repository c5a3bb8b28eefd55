import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The built command. */
export const cli: string = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly cwd?: string
  /** Called for each piece of stdout, with all of stdout so far. */
  readonly onStdout?: (text: string, child: ChildProcess) => void
  /** Called for each piece of stderr, with all of stderr so far. */
  readonly onStderr?: (text: string, child: ChildProcess) => void
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the real command in a separate process, without a key unless one is given, and with pipes instead of a terminal. */
export function capstan(args: readonly string[], { env, stdin = '', cwd, onStdout, onStderr }: CommandOptions = {}): Promise<Ended> {
  const child = spawn(process.execPath, [cli, ...args], { env: environment(env), ...(cwd !== undefined && { cwd }) })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
    onStdout?.(stdout, child)
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
    onStderr?.(stderr, child)
  })
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

function environment(env: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { EVOLINK_API_KEY: _, ...inherited } = process.env
  return { ...inherited, ...env }
}

/** `script` of util-linux, which Debian always has, gives a command a terminal. */
export const hasTerminal: boolean = /util-linux/.test(String(spawnSync('script', ['--version']).stdout))

export interface TerminalOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly columns?: number
  readonly rows?: number
  /** Follows the command in the shell, such as a redirection. */
  readonly redirect?: string
}

/** The command in a new terminal. */
export class Terminal {
  /** Everything that the command has written. */
  screen = ''
  readonly ended: Promise<number | null>
  readonly #child: ChildProcess
  readonly #pidFile: string = join(mkdtempSync(join(tmpdir(), 'capstan-terminal-')), 'pid')
  readonly #watchers = new Set<() => void>()

  constructor(args: readonly string[], { env, cwd, columns = 80, rows = 24, redirect = '' }: TerminalOptions = {}) {
    const quoted = [process.execPath, cli, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
    const line = `stty cols ${columns} rows ${rows}; echo $$ >'${this.#pidFile}'; exec ${quoted} ${redirect}`
    this.#child = spawn('script', ['-qefc', line, '/dev/null'], {
      env: { ...environment(env), SHELL: '/bin/sh', TERM: 'xterm', NO_COLOR: '1' },
      ...(cwd !== undefined && { cwd }),
    })
    const { stdout, stdin } = this.#child
    stdout?.on('data', (chunk) => {
      this.screen += chunk
      for (const watcher of this.#watchers) watcher()
    })
    stdin?.on('error', () => {})
    this.ended = new Promise((resolve) => {
      this.#child.on('close', (code) => {
        this.#hasEnded = true
        resolve(code)
        for (const watcher of this.#watchers) watcher()
      })
    })
  }

  /** Waits until the pattern is on the screen, after what an earlier call found. Rejects with the screen when it does not come. */
  async until(pattern: RegExp): Promise<string> {
    return await new Promise((resolve, reject) => {
      const settle = (settled: () => void): void => {
        clearTimeout(timer)
        this.#watchers.delete(look)
        settled()
      }
      const fail = (): void => settle(() => reject(new Error(`${pattern} did not appear. The screen:\n${this.screen}`)))
      const look = (): void => {
        const found = pattern.exec(this.screen.slice(this.#seen))
        if (found === null) return this.#hasEnded ? fail() : undefined
        const from = this.#seen
        this.#seen += found.index + found[0].length
        settle(() => resolve(this.screen.slice(from, this.#seen)))
      }
      const timer = setTimeout(fail, 8_000)
      this.#watchers.add(look)
      look()
    })
  }

  #hasEnded = false
  #seen = 0

  /** Types text; `\n` is the Enter key. */
  type(text: string): void {
    this.#child.stdin?.write(text.replaceAll('\n', '\r'))
  }

  /** Sends a signal to the command itself. */
  kill(signal: NodeJS.Signals): void {
    process.kill(Number(readFileSync(this.#pidFile, 'utf8')), signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill()
    await this.ended
  }
}
