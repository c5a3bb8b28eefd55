import type { Json, StandardIssue } from '@capstan/core'
import { finishInTurns, nextTurn, SchemaPosition, type Steps, toPointer } from '@capstan/core/internal'
import { Work } from '../interpreter/work.ts'
import { cutBounds } from '../output/result-bounds.ts'
import { serialise } from '../output/serialise.ts'
import type { ResolvedSchema } from '../schema/input-schema.ts'
import { whenReady } from './at-once.ts'
import { cloneInput, InputRefusal } from './clone-input.ts'
import { type CoercedInput, coerceAt, type InputPath, type Mismatch, removeNulls, valueAt } from './coerce.ts'

/** A checked value, or the problems of the input: one line each, written for the model. */
export type CheckedInput =
  | { readonly ok: true; readonly value: unknown; readonly coerced: readonly string[] }
  | { readonly ok: false; readonly problems: readonly string[] }

const maxIssues = 20
const maxIssueLength = 300
const maxPreviewLength = 80
/** One change can reveal the next problem, such as numbers in strings inside a list that was sent as a string. */
const maxRounds = 4
/** The number of issues that are handled before the event loop gets a turn. */
const changesBetweenTurns = 500

/**
 * Checks a parsed input against the schema, at once where it is small and the validator does not wait. If that fails, changes it without
 * loss and checks it again.
 *
 * @throws What the validator throws, and a TypeError if its result does not have the form that Standard Schema defines; a promise rejects.
 */
export function checkInput(schema: ResolvedSchema, input: Json): CheckedInput | Promise<CheckedInput> {
  return whenReady(copyOrRefuse(input), (copy) => ('problems' in copy ? copy : checkCopy(schema, { input, value: copy.value })))
}

/** A copy of an input, or why no schema need check it. */
function copyOrRefuse(input: Json): Copied | Promise<Copied> {
  return finishInTurns(copyInSteps(input))
}

type Copied = { readonly value: Json } | Extract<CheckedInput, { ok: false }>

function* copyInSteps(input: Json): Steps<Copied> {
  try {
    return { value: yield* cloneInput(input, new Work()) }
  } catch (error) {
    if (error instanceof InputRefusal) return { ok: false, problems: [`- ${error.message}`] }
    throw error
  }
}

function checkCopy(schema: ResolvedSchema, refused: RefusedInput): CheckedInput | Promise<CheckedInput> {
  return whenReady<unknown, CheckedInput>(schema.standard['~standard'].validate(refused.value), (result) => {
    const issues = issuesOf(result)
    return issues === undefined ? { ok: true, value: acceptedValue(result), coerced: [] } : checkCoerced(schema, refused, issues)
  })
}

interface RefusedInput {
  /** The input as the model sent it. */
  readonly input: Json
  /** A copy of the input. */
  readonly value: Json
}

async function checkCoerced(schema: ResolvedSchema, { input, value }: RefusedInput, firstIssues: readonly StandardIssue[]): Promise<CheckedInput> {
  const position = new SchemaPosition(schema.json)
  const coerced: CoercedInput = { value, pointers: new Set() }
  let issues = firstIssues
  for (let round = 2; round <= maxRounds; round++) {
    if (!(await coerceAll(coerced, issues, position))) break
    // JSON in a string was not checked before: it may be nested too deeply or have the key `__proto__`.
    const copy = await copyOrRefuse(coerced.value)
    if ('problems' in copy) return copy
    coerced.value = copy.value
    const result: unknown = await schema.standard['~standard'].validate(coerced.value)
    const left = issuesOf(result)
    if (left === undefined) return { ok: true, value: acceptedValue(result), coerced: [...coerced.pointers] }
    issues = left
  }
  return { ok: false, problems: describeIssues(firstIssues, input) }
}

/** @returns True when at least one value was changed. */
async function coerceAll(coerced: CoercedInput, issues: readonly StandardIssue[], position: SchemaPosition): Promise<boolean> {
  let isChanged = false
  const work = new Work()
  const searched = new Set<string>()
  for (const [index, issue] of issues.entries()) {
    if (index % changesBetweenTurns === changesBetweenTurns - 1) await nextTurn()
    const mismatch = mismatchOf(issue)
    const pointer = toPointer(mismatch.path)
    if (coerceAt(coerced, mismatch, position)) isChanged = true
    else if (!searched.has(pointer) && (await finishInTurns(removeNulls(coerced, mismatch.path, { root: position, work })))) isChanged = true
    searched.add(pointer)
  }
  return isChanged
}

function mismatchOf(issue: StandardIssue): Mismatch {
  const expected = 'expected' in issue ? String(issue.expected) : ''
  return { path: pathOf(issue), expectsBigInt: /\bbigint\b/i.test(expected) }
}

/** The issues of a result; `undefined` for success. */
function issuesOf(result: unknown): readonly StandardIssue[] | undefined {
  if (typeof result !== 'object' || result === null) throw new TypeError('The schema returned something that is not a result.')
  if (!('issues' in result) || result.issues === undefined) {
    if (!('value' in result)) throw new TypeError('The schema returned neither a value nor issues.')
    return undefined
  }
  if (!Array.isArray(result.issues)) throw new TypeError('The schema returned issues that are not a list.')
  return result.issues
}

function acceptedValue(result: unknown): unknown {
  return typeof result === 'object' && result !== null && 'value' in result ? result.value : undefined
}

function pathOf(issue: StandardIssue): InputPath {
  return (issue.path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment))
}

/** The message for the model about an input that does not match the schema. */
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
  const position = path.length === 0 ? 'the input' : toPointer(path)
  const came = path.length === 0 ? '' : `; got ${found === undefined ? 'nothing' : preview(found)}`
  return `${position}: ${message}${came}`
}

/** Shortens a value for a message. The work does not depend on the size of the value. */
function preview(value: Json): string {
  if (typeof value === 'string' && value.length > maxPreviewLength) return `${JSON.stringify(value.slice(0, maxPreviewLength))}… (${value.length} characters)`
  const { text } = serialise(value, cutBounds(maxPreviewLength * 4))
  return text.length <= maxPreviewLength ? text : `${text.slice(0, maxPreviewLength)}…`
}
