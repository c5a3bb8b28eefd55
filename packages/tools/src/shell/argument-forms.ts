import { finishInTurns } from '@capstan/core/internal'
import { Work } from '../interpreter/work.ts'
import { hasMatch } from '../patterns/match.ts'
import { compilePattern, type Program } from '../patterns/program.ts'
import { PatternError, readPattern } from '../patterns/syntax.ts'

/**
 * One argument: a string must be equal; a pattern must match the complete argument; `{ rest }` stands for all further arguments, none
 * included, which must each match. A pattern only lets an argument pass that begins with `-` if the pattern itself begins with `-`.
 */
export type ArgumentPattern = string | RegExp | { readonly rest: RegExp }

/** The arguments of one call, each in its position. */
export type ArgumentForm = readonly ArgumentPattern[]

interface CompiledPattern {
  readonly kind: 'one' | 'rest'
  readonly program: Program
  readonly allowsOptions: boolean
}

/** A form whose patterns are matched in linear time. */
export interface CompiledForm {
  /** For people and models: `log -n <\d+> <[\w/]+>...`. */
  readonly shown: string
  readonly parts: readonly (string | CompiledPattern)[]
}

/** A form that cannot be used, and why. */
export class FormError extends Error {
  override readonly name = 'FormError'
}

/**
 * Compiles a form.
 *
 * @throws {FormError} For a part of another type, a pattern with flags or back references, and a `{ rest }` that is not last.
 */
export function compileForm(form: ArgumentForm): CompiledForm {
  const parts = form.map((part, index) => compilePart(part, index === form.length - 1))
  return { shown: form.map(showPart).join(' ') || '(no arguments)', parts }
}

/** True if the arguments have one of the forms. */
export async function hasForm(forms: readonly CompiledForm[], args: readonly string[]): Promise<boolean> {
  for (const { parts } of forms) if (await fits(parts, args)) return true
  return false
}

async function fits(parts: CompiledForm['parts'], args: readonly string[]): Promise<boolean> {
  const last = parts.at(-1)
  const rest = typeof last === 'object' && last.kind === 'rest' ? last : undefined
  const fixed = rest === undefined ? parts : parts.slice(0, -1)
  if (args.length < fixed.length || (rest === undefined && args.length > fixed.length)) return false
  for (const [index, arg] of args.entries()) {
    const part = fixed[index] ?? rest
    if (part === undefined || !(await matches(part, arg))) return false
  }
  return true
}

async function matches(part: string | CompiledPattern, arg: string): Promise<boolean> {
  if (typeof part === 'string') return part === arg
  if (arg.startsWith('-') && !part.allowsOptions) return false
  return await finishInTurns(hasMatch(part.program, arg, new Work()))
}

function compilePart(part: unknown, isLast: boolean): string | CompiledPattern {
  if (typeof part === 'string') return checkText(part)
  if (part instanceof RegExp) return compile(part, 'one')
  const isRest = typeof part === 'object' && part !== null && Object.keys(part).join() === 'rest' && 'rest' in part
  if (!isRest || !(part.rest instanceof RegExp)) throw new FormError('each argument must be a text, a RegExp or { rest: RegExp }')
  if (!isLast) throw new FormError('{ rest } must be the last argument')
  return compile(part.rest, 'rest')
}

function checkText(text: string): string {
  if (text.includes('\0')) throw new FormError('an argument cannot contain a NUL character')
  return text
}

function compile(pattern: RegExp, kind: CompiledPattern['kind']): CompiledPattern {
  if (!/^u?$/.test(pattern.flags)) throw new FormError(`the pattern ${pattern} has flags; only "u" is supported`)
  try {
    // The group keeps alternatives together. It cannot be closed from inside, because the pattern is a RegExp by itself.
    return { kind, program: compilePattern(readPattern(`^(?:${pattern.source})$`)), allowsOptions: /^\^?(?:\(\?:)?\\?-/.test(pattern.source) }
  } catch (error) {
    if (error instanceof PatternError) throw new FormError(`the pattern ${pattern} cannot be used: ${error.message}`, { cause: error })
    throw error
  }
}

function showPart(part: ArgumentPattern): string {
  if (typeof part === 'string') return /^[\w./:=@%+,-]+$/.test(part) ? part : JSON.stringify(part)
  return part instanceof RegExp ? `<${part.source}>` : `<${part.rest.source}>...`
}
