import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../..', import.meta.url))

export interface ProgramOptions {
  /** Arguments of Node.js, in front of the program. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** In front of the command: a shell that sets limits, such as `ulimit -f 8`. */
  readonly shell?: string
}

export interface RunningProgram {
  readonly child: ChildProcess
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>
}

/** Runs the text of a program in a process of its own, in the folder of this package. `BASE_URL` and the like come from `env`. */
export function startProgram(text: string, { args = [], env = {}, shell }: ProgramOptions = {}): RunningProgram {
  const { CAPSTAN_TRACE: _, ...inherited } = process.env
  const words = [...args, '--input-type=module', '--eval', text]
  const options = { cwd: folder, env: { ...inherited, ...env } }
  const child =
    shell === undefined ? spawn(process.execPath, words, options) : spawn('/bin/sh', ['-c', `${shell}; exec "$@"`, 'sh', process.execPath, ...words], options)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const ended = new Promise<Awaited<RunningProgram['ended']>>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  return { child, ended }
}

/** Begins a program that runs an agent with the tool `look`: 300 steps at most, one after another. */
export const agentProgram = `
import { Agent } from '@capstan/core'
import { openaiCompatible } from '@capstan/adapters'
import { jsonSchema, tool } from '@capstan/tools'
const look = tool({ name: 'look', description: 'Looks.', inputSchema: jsonSchema({ type: 'object' }), effect: 'read', execute: ({ q }) => 'seen ' + q })
const model = openaiCompatible({ baseURL: process.env.BASE_URL, model: 'm', apiKey: 'canary-4f9a1b2c3d4e5f60718293a4b5c6d7e8' })
const agentWith = (options) => new Agent({ model, tools: [look], limits: { steps: 300, toolCalls: 300 }, attempts: { delayMs: 0 }, ...options })
`
