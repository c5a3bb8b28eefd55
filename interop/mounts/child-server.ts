import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A server in a process of its own. */
export interface ChildServer extends AsyncDisposable {
  readonly url: string
}

/** Starts a command, and waits until it prints `port` and a number, or an address with one. */
export async function startChild(
  command: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<ChildServer> {
  const [name = '', ...args] = command
  // A group of its own, because npx starts the program as its child.
  const child = spawn(name, args, { cwd, env: { ...process.env, ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const port = await portOf(child, command)
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      await ended
    },
  }
}

async function portOf(child: ChildProcess, command: readonly string[]): Promise<string> {
  let said = ''
  const found = new Promise<string>((resolve, reject) => {
    const read = (chunk: unknown): void => {
      said += String(chunk)
      const port = /(?:port |127\.0\.0\.1:)(\d+)/.exec(said)?.[1]
      if (port !== undefined) resolve(port)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('exit', (code) => reject(new Error(`${command.join(' ')} ended with ${code}: ${said}`)))
    child.once('error', reject)
  })
  return await found
}
