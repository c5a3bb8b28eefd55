import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { basename, isAbsolute } from 'node:path'
import { checkNames, invalidOptions } from '@capstan/core/internal'
import { isInside } from '../files/jail.ts'
import { type ArgumentForm, type CompiledForm, compileForm, FormError } from './argument-forms.ts'
import { type KnownRisk, knownRisk } from './known-programs.ts'

/** A program that `shell()` may run. */
export interface ShellProgram {
  /** Its absolute path. Nothing is searched in `PATH`. */
  readonly path: string
  /** The forms that its arguments may have: a call must have one of them. `'any'` allows all arguments. */
  readonly arguments: 'any' | readonly ArgumentForm[]
  /**
   * Must be true for a program that can execute other code than its own: an interpreter or a program that starts others, in any form of
   * arguments; one with options that do so, such as git and find, with `arguments: 'any'`; and a program inside `root`, which the model
   * may be able to change. Default: false.
   */
  readonly runsOtherCode?: boolean
}

/** A program that was checked. */
export interface CheckedProgram {
  readonly path: string
  /** The file that the path led to when it was checked. */
  readonly realPath: string
  readonly forms: 'any' | readonly CompiledForm[]
}

/**
 * Checks a program when the tool is made.
 *
 * @throws {AgentError} `invalid-options`.
 */
export function checkProgram(program: ShellProgram, { index, root }: { readonly index: number; readonly root: string }): CheckedProgram {
  const position = `programs[${index}]`
  checkNames(program, {
    names: ['path', 'arguments', 'runsOtherCode'],
    what: 'a property of a program',
    path: `${position}.`,
    instead: { command: 'path', program: 'path', file: 'path', args: 'arguments', patterns: 'arguments', forms: 'arguments', interpreter: 'runsOtherCode' },
  })
  const { path, runsOtherCode = false } = program
  if (typeof path !== 'string' || !isAbsolute(path))
    throw invalidOptions(`\`${position}.path\` must be the absolute path of a program, such as "/usr/bin/git".`)
  const realPath = executablePath(path, position)
  const forms = checkForms(program, `${position}.arguments`)
  const problem = runsOtherCode === true ? undefined : problemOf(program, { realPath, root })
  if (problem !== undefined) throw invalidOptions(`\`${position}\`: ${path} ${problem}`)
  return { path, realPath, forms }
}

/** The file that a path leads to now. */
export function executablePath(path: string, position: string): string {
  try {
    const realPath = realpathSync(path)
    accessSync(realPath, constants.X_OK)
    if (statSync(realPath).isFile()) return realPath
  } catch (error) {
    throw Object.assign(invalidOptions(`\`${position}.path\`: ${path} does not exist or cannot be executed.`), { cause: error })
  }
  throw invalidOptions(`\`${position}.path\`: ${path} is not a file.`)
}

function checkForms({ arguments: forms }: ShellProgram, position: string): CheckedProgram['forms'] {
  if (forms === 'any') return forms
  if (!Array.isArray(forms) || forms.length === 0 || !forms.every((form) => Array.isArray(form)))
    throw invalidOptions(`\`${position}\` must be a list of forms, such as [['status', '--short'], ['log', '-n', /\\d+/]], or 'any'. For no arguments: [[]].`)
  return forms.map((form: ArgumentForm, index) => {
    try {
      return compileForm(form)
    } catch (error) {
      if (error instanceof FormError) throw Object.assign(invalidOptions(`\`${position}[${index}]\`: ${error.message}.`), { cause: error })
      throw error
    }
  })
}

const explanations: Readonly<Record<KnownRisk, string>> = {
  interpreter: 'is an interpreter: it executes code that its arguments, its input or files contain, so a list of programs does not limit it.',
  launcher: 'starts other programs, so a list of programs does not limit it.',
  'program-options': "has options that start other programs, so 'any' arguments allow everything. List the forms that its arguments may have.",
}

function problemOf(program: ShellProgram, { realPath, root }: { readonly realPath: string; readonly root: string }): string | undefined {
  const toFix = ' To allow it all the same, set `runsOtherCode: true`.'
  if (isInside(root, realPath)) return `is inside the root, where the model may be able to change it.${toFix}`
  // A name can be a link to a program with another name.
  const risk = knownRisk(basename(program.path)) ?? knownRisk(basename(realPath))
  if (risk === undefined || (risk === 'program-options' && program.arguments !== 'any')) return undefined
  return explanations[risk] + toFix
}
