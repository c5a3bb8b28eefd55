import type { Json, StandardIssue } from '@capstan/core'
import type { ResolvedSchema } from '../schema/input-schema.ts'
import { cloneInput, InputRefusal } from './clone-input.ts'
import { coerceInput, type InputPath, toPointer, valueAt } from './coerce.ts'

/** A checked value, or what is wrong with it: a line for each problem, written for the model. */
export type CheckedInput =
  | { readonly ok: true; readonly value: unknown; readonly coerced: readonly string[] }
  | { readonly ok: false; readonly problems: readonly string[] }

const maxIssues = 20
const maxIssueLength = 300
const maxPreviewLength = 80
/** One change can uncover the next: a list in a string, then numbers in strings inside it. */
const maxRounds = 4

/**
 * Checks a parsed input against the schema; where that fails, once more after changes without loss.
 *
 * @throws What the validator throws, and a TypeError when its answer is no answer.
 */
export async function checkInput(schema: ResolvedSchema, input: Json): Promise<CheckedInput> {
  try {
    const value = cloneInput(input)
    const result: unknown = await schema.standard['~standard'].validate(value)
    const issues = issuesOf(result)
    return issues === undefined ? { ok: true, value: acceptedValue(result), coerced: [] } : await checkCoerced(schema, value, issues)
  } catch (error) {
    if (error instanceof InputRefusal) return { ok: false, problems: [`- ${error.message}`] }
    throw error
  }
}

async function checkCoerced(schema: ResolvedSchema, input: Json, firstIssues: readonly StandardIssue[]): Promise<CheckedInput> {
  let value = input
  let issues = firstIssues
  const coerced = new Set<string>()
  for (let round = 2; round <= maxRounds; round++) {
    const coercion = coerceInput(value, schema.json, issues.map(pathOf))
    if (coercion === undefined) break
    // A string may have held what the first check could not see.
    value = cloneInput(coercion.value)
    for (const pointer of coercion.pointers) coerced.add(pointer)
    const result: unknown = await schema.standard['~standard'].validate(value)
    const left = issuesOf(result)
    if (left === undefined) return { ok: true, value: acceptedValue(result), coerced: [...coerced] }
    issues = left
  }
  return { ok: false, problems: describeIssues(firstIssues, input) }
}

/** `undefined` for success. */
function issuesOf(result: unknown): readonly StandardIssue[] | undefined {
  if (typeof result !== 'object' || result === null) throw new TypeError('The schema answered with something that is no result.')
  if (!('issues' in result) || result.issues === undefined) {
    if (!('value' in result)) throw new TypeError('The schema answered with neither a value nor issues.')
    return undefined
  }
  if (!Array.isArray(result.issues)) throw new TypeError('The schema answered with issues that are no list.')
  return result.issues
}

function acceptedValue(result: unknown): unknown {
  return typeof result === 'object' && result !== null && 'value' in result ? result.value : undefined
}

function pathOf(issue: StandardIssue): InputPath {
  return (issue.path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment))
}

/** What the model is told about an input that does not fit. */
export function inputMessage(problems: readonly string[]): string {
  return ['The input does not fit the schema of the tool:', ...problems, 'Fix this and call the tool again.'].join('\n')
}

function describeIssues(issues: readonly StandardIssue[], input: Json): readonly string[] {
  const lines = issues.slice(0, maxIssues).map((issue) => `- ${describeIssue(issue, input)}`)
  if (issues.length > maxIssues) lines.push(`- and ${issues.length - maxIssues} more`)
  return [...new Set(lines)]
}

function describeIssue(issue: StandardIssue, input: Json): string {
  const path = pathOf(issue)
  const found = valueAt(input, path)
  const message = String(issue.message).slice(0, maxIssueLength).replace(/\.$/, '')
  const place = path.length === 0 ? 'the input' : toPointer(path)
  const came = path.length === 0 ? '' : `; got ${found === undefined ? 'nothing' : preview(found)}`
  return `${place}: ${message}${came}`
}

function preview(value: Json): string {
  const text = JSON.stringify(value)
  return text.length <= maxPreviewLength ? text : `${text.slice(0, maxPreviewLength)}… (${text.length} characters)`
}
