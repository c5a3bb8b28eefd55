import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../dist/support-desk/main.js', import.meta.url))

/** The built desk in a process of its own, as a reader of the README starts it. */
export class DeskProcess {
  readonly folder: string
  readonly #env: Readonly<Record<string, string>>
  #child: ChildProcess | undefined
  #url = ''

  private constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.folder = folder
    this.#env = env
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<DeskProcess> {
    const desk = new DeskProcess(mkdtempSync(join(tmpdir(), 'desk-')), env)
    await desk.restart()
    return desk
  }

  /** Without a slash at its end. */
  get url(): string {
    return this.#url
  }

  /** Starts the desk again on the same port, with the same data. */
  async restart(): Promise<void> {
    const { EVOLINK_API_KEY: _, DATABASE_URL: __, ...inherited } = process.env
    const port = this.#url === '' ? '0' : new URL(this.#url).port
    const child = spawn(process.execPath, [main, '--port', port, '--folder', this.folder], {
      env: { ...inherited, DESK_CHUNK_MS: '3', DESK_BANK_MS: '400', DESK_MAIL_MS: '0', ...this.#env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    const line = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
    const [url] = /http:\S+(?=\/)/.exec(String(line[0])) ?? []
    if (url === undefined) throw new Error(`The desk did not start: ${line[0]}`)
    this.#url = url
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }

  /** The cookie of a person. */
  async signIn(id: string): Promise<string> {
    const response = await fetch(`${this.#url}/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id }) })
    return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  }

  async get(path: string, cookie = ''): Promise<Response> {
    return await fetch(`${this.#url}${path}`, { headers: { cookie } })
  }
}
