import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Longest time that one command may take. */
const timeoutMs = 180_000

/**
 * Runs a command to its end.
 *
 * @returns What it wrote to stdout.
 * @throws {Error} With all its output, when it fails or takes too long.
 */
export async function runCommand(command, args, { cwd, env = {} }) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, NO_COLOR: '1', CI: 'true', npm_config_update_notifier: 'false', npm_config_fund: 'false', npm_config_audit: 'false', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
    timeout: timeoutMs,
  })
  const output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr']) child[stream].on('data', (chunk) => (output[stream] += chunk))
  const [status, signal] = await once(child, 'close')
  if (status === 0) return output.stdout
  throw new Error(`${command} ${args.join(' ')} ended with ${signal ?? status}\n${output.stdout}${output.stderr}`)
}
