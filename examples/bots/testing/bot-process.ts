import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A bot as users start it: built, in a process of its own. */
export interface BotProcess {
  /** The rest of its first line, which says where it is. */
  readonly address: string
  readonly child: ChildProcess
  /** What it wrote to stderr. */
  stderr(): string
  /** Ends it with a signal, and resolves to its exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** Starts `run-irc-bot` or `run-webhook-bot`, and waits for its first line. */
export async function startBot(name: string, env: Readonly<Record<string, string>>): Promise<BotProcess> {
  const { EVOLINK_API_KEY: _, ...inherited } = process.env
  const file = fileURLToPath(new URL(`../../dist/bots/${name}.js`, import.meta.url))
  const child = spawn(process.execPath, [file], { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const ended = once(child, 'close')
  const line = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended.then(() => [])])
  const [, address = ''] = / (?:at|to) (\S+)/.exec(String(line[0])) ?? []
  if (address === '') throw new Error(`${name} did not start: ${stderr}`)
  return {
    address,
    child,
    stderr: () => stderr,
    async end(signal) {
      child.kill(signal)
      const [code] = await ended
      return code
    },
  }
}
