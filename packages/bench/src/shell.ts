import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/**
 * Runs a command to its end.
 *
 * @returns What it wrote to stdout.
 * @throws {Error} When it fails, with what it wrote.
 */
export async function shell(command: string, args: readonly string[], folder: string): Promise<string> {
  try {
    const { stdout } = await execute(command, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, CI: 'true', NO_COLOR: '1' } })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string } // What execFile rejects with has both.
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error })
  }
}

/** Path of a Node 24, fetched by npx where this is another one. */
export async function findNode24(folder: string): Promise<string> {
  if (process.version.startsWith('v24.')) return process.execPath
  const path = (await shell('npx', ['-y', '-p', 'node@24', 'node', '-p', 'process.version + " " + process.execPath'], folder)).trim()
  const [version = '', ...rest] = path.split(' ')
  if (!version.startsWith('v24.')) throw new Error(`npx gave Node ${version} instead of 24.`)
  return rest.join(' ')
}
