import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { type StandardSchema, type Tool, ToolError } from '@capstan/core'
import { checkNames, formatCount, invalidOptions } from '@capstan/core/internal'
import { Jail } from '../files/jail.ts'
import { showPath } from '../files/show-text.ts'
import { type FlowOptions, flowNames, toolFlow } from '../flow-options.ts'
import { jsonSchema } from '../schema/json-schema.ts'
import { refineSchema } from '../schema/refine-schema.ts'
import { tool } from '../tool.ts'
import { hasForm } from './argument-forms.ts'
import type { OutputEnds } from './output-ends.ts'
import { type CheckedProgram, checkProgram, executablePath, type ShellProgram } from './programs.ts'
import { type ProgramEnd, runProgram } from './run-program.ts'

export type { ArgumentForm, ArgumentPattern } from './argument-forms.ts'
export type { ShellProgram } from './programs.ts'

/** A call of `run_program`, as the model wrote it. */
export interface ShellCall {
  /** The absolute path of one of the programs. */
  readonly program: string
  readonly args: readonly string[]
  /** The folder in which it runs, relative to the root. Default: the root. */
  readonly folder?: string
}

/** Options of `shell()`. By default `returns` is `'untrusted'` and `reaches` is `['code']`. */
export interface ShellOptions extends FlowOptions {
  /** The folder in which, or below which, programs run. They are not confined to it. A relative path starts at the current folder. */
  readonly root: string
  /** The programs, and the arguments that each may get. */
  readonly programs: readonly ShellProgram[]
  /** All variables that the programs get. Nothing of the environment of this process is passed on. Default: none. */
  readonly env?: Readonly<Record<string, string>>
  /** When a program is ended, with its process group, in milliseconds, up to an hour. Default: 60,000. */
  readonly timeoutMs?: number
  /** The bytes of stdout, and of stderr, that are kept: the beginning and the end. Default: 4 MiB each. */
  readonly maxOutputBytes?: number
  /** Whether a person must approve a call. A function decides for each one; if it throws, a person is asked. Default: true. */
  readonly needsApproval?: boolean | ((call: ShellCall) => boolean | Promise<boolean>)
}

const graceMs = 2_000
const maxTimeoutMs = 3_600_000
const minOutputBytes = 1_024
const maxOutputLimit = 4 * 1024 * 1024
const maxArgs = 200
const maxArgLength = 10_000
const optionNames = ['root', 'programs', 'env', 'timeoutMs', 'maxOutputBytes', 'needsApproval', ...flowNames] as const

/**
 * Makes the tool `run_program`: runs listed programs by their absolute paths, without a shell, with arguments that have listed forms. A
 * person approves each call, unless `needsApproval` says otherwise. It is not a sandbox: a program can do everything that the user of this
 * process can. POSIX systems only.
 *
 * @throws {AgentError} `invalid-options`: for a program that does not exist, and for one that can execute other code and does not say so.
 */
export function shell(options: ShellOptions): Tool {
  const { jail, env, timeoutMs, maxOutputBytes, needsApproval, programs } = checkOptions(options)
  return tool({
    name: 'run_program',
    description: describeTool(programs),
    inputSchema: schemaOf(programs),
    effect: 'once',
    needsApproval,
    ...toolFlow({ returns: options.returns ?? 'untrusted', reaches: options.reaches ?? ['code'] }),
    // The program is ended before, so that its output is not lost.
    timeoutMs: timeoutMs + graceMs * 2 + 5_000,
    async execute({ program, args, folder = '.' }, { signal }) {
      const path = unchangedPath(programs, program)
      const entry = await jail.open(folder)
      try {
        if (entry.kind === 'file') throw new ToolError(`${showPath(entry.path)} is a file. Give the folder in which the program runs.`)
        const end = await started(program, () => runProgram({ path, args, folder: entry.handlePath, env, timeoutMs, graceMs, maxOutputBytes, signal }))
        const text = formatEnd(end, timeoutMs)
        if (end.isLate) throw new ToolError(text)
        return text
      } finally {
        await entry.handle.close()
      }
    },
  })
}

interface CheckedOptions extends Required<Pick<ShellOptions, 'env' | 'timeoutMs' | 'maxOutputBytes' | 'needsApproval'>> {
  readonly jail: Jail
  readonly programs: readonly CheckedProgram[]
}

function checkOptions(options: ShellOptions): CheckedOptions {
  checkNames(options, {
    names: optionNames,
    what: 'an option of shell()',
    instead: {
      cwd: 'root',
      folder: 'root',
      path: 'root',
      commands: 'programs',
      allow: 'programs',
      environment: 'env',
      timeout: 'timeoutMs',
      approve: 'needsApproval',
    },
  })
  if (process.platform === 'win32') throw invalidOptions('shell() needs process groups, which Windows does not have.')
  const { root, programs, env = {}, timeoutMs = 60_000, maxOutputBytes = maxOutputLimit, needsApproval = true } = options
  if (typeof root !== 'string' || root === '') throw invalidOptions('shell({ root }) needs the path of a folder.')
  if (!Array.isArray(programs) || programs.length === 0) throw invalidOptions('shell({ programs }) needs a list of programs, each with `path` and `arguments`.')
  const isEnv =
    typeof env === 'object' &&
    env !== null &&
    Object.entries(env).every(([name, value]) => /^[^=\0]+$/.test(name) && typeof value === 'string' && !value.includes('\0'))
  if (!isEnv) throw invalidOptions('shell({ env }) must be an object of texts, such as { PATH: "/usr/bin:/bin" }.')
  checkRange('timeoutMs', timeoutMs, [1, maxTimeoutMs])
  checkRange('maxOutputBytes', maxOutputBytes, [minOutputBytes, maxOutputLimit])
  if (typeof needsApproval !== 'boolean' && typeof needsApproval !== 'function')
    throw invalidOptions('shell({ needsApproval }) must be true, false or a function.')
  const checked = programs.map((program, index) => checkProgram(program, { index, root: realRoot(root) }))
  const twice = checked.find(({ path }, index) => checked.findIndex((other) => other.path === path) !== index)
  if (twice !== undefined) throw invalidOptions(`shell({ programs }) has ${twice.path} twice. Put all forms of its arguments into one list.`)
  return { jail: new Jail(root), programs: checked, env: { ...env }, timeoutMs, maxOutputBytes, needsApproval }
}

function checkRange(name: string, value: unknown, [min, max]: readonly [number, number]): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return
  throw invalidOptions(`shell({ ${name} }) must be a whole number from ${min} to ${max}, not ${String(value)}.`)
}

/** The root need not exist yet. */
function realRoot(root: string): string {
  try {
    return realpathSync(root)
  } catch {
    return resolve(root)
  }
}

function describeTool(programs: readonly CheckedProgram[]): string {
  const lines = programs.flatMap(({ path, forms }) => (forms === 'any' ? [`${path} with any arguments`] : forms.map(({ shown }) => `${path} ${shown}`)))
  return [
    'Runs a program and returns its exit code, stdout and stderr. There is no shell: no pipes, redirections, wildcards, variables or quotes; each element of ' +
      'args reaches the program as it is. There is no input. Programs and the arguments that they may get, with patterns in <>, and ... for any number of them:',
    ...lines.map((line) => `- ${line}`),
  ].join('\n')
}

/** The schema, and the forms of the arguments: a call that has none of them is invalid, so nobody is asked about it. */
function schemaOf(programs: readonly CheckedProgram[]): StandardSchema<ShellCall> {
  const base = jsonSchema<ShellCall>({
    type: 'object',
    properties: {
      program: { type: 'string', enum: programs.map(({ path }) => path) },
      args: { type: 'array', maxItems: maxArgs, items: { type: 'string', maxLength: maxArgLength }, description: 'The arguments, one element each.' },
      folder: { type: 'string', description: 'The folder in which it runs, relative to the folder of this tool, with "/". Default: that folder.' },
    },
    required: ['program', 'args'],
    additionalProperties: false,
  })
  return refineSchema(base, async (call) => {
    const problem = await problemOf(programs, call)
    return problem === undefined ? undefined : { message: problem, path: ['args'] }
  })
}

async function problemOf(programs: readonly CheckedProgram[], { program, args }: ShellCall): Promise<string | undefined> {
  if (args.some((arg) => arg.includes('\0'))) return 'an argument contains a NUL character'
  const forms = programs.find(({ path }) => path === program)?.forms ?? []
  if (forms === 'any' || (await hasForm(forms, args))) return undefined
  return `these arguments are not allowed for ${program}: the description of this tool lists the forms that they may have`
}

/** The path of a program, if it still leads to the file that was checked. */
function unchangedPath(programs: readonly CheckedProgram[], program: string): string {
  const checked = programs.find(({ path }) => path === program)
  const isSame = checked !== undefined && safely(() => executablePath(checked.path, 'programs')) === checked.realPath
  if (!isSame) throw new ToolError(`${program} was not run: it is not the program any more that was allowed when this tool was made.`)
  return checked.path
}

function safely<Result>(act: () => Result): Result | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}

/** Replaces errors of starting a program, which contain paths of the system, by errors for the model. */
async function started(program: string, act: () => Promise<ProgramEnd>): Promise<ProgramEnd> {
  try {
    return await act()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'E2BIG') throw new ToolError(`${program} was not started: its arguments are too long together.`, { cause: error })
    if (typeof code === 'string') throw new ToolError(`${program} could not be started (${code}).`, { cause: error })
    throw error
  }
}

function formatEnd(end: ProgramEnd, timeoutMs: number): string {
  const notes = [
    headline(end, timeoutMs),
    ...(end.isStillOpen ? ['A process that it started left its process group and may still be running; what it writes is not read.'] : []),
  ]
  return [...notes, section('stdout', end.stdout), section('stderr', end.stderr)].join('\n')
}

function headline({ exitCode, signal, isLate }: ProgramEnd, timeoutMs: number): string {
  const how = signal === null ? `exit code ${exitCode}` : `ended by the signal ${signal}`
  return isLate ? `It did not end within ${timeoutMs / 1_000} s and was ended: ${how}. It may have done a part of its work.` : how
}

function section(name: string, output: OutputEnds): string {
  return output.size === 0 ? `${name}: empty` : `${name}, ${formatCount(output.size)} bytes:\n${output.text().replace(/\n$/, '')}`
}
