import { findReferences, type Reference, replaceReferences, valueAt } from '../artifacts/references.ts'
import { maxArtifactCharacters } from '../contract/artifacts.ts'
import { isBuiltInName } from '../contract/built-in-names.ts'
import { parseExactlyInSteps } from '../contract/exact-json.ts'
import { canonicalJson, equalJson, type Json, type JsonObject } from '../contract/json.ts'
import type { ResolvedReference } from '../contract/references.ts'
import { toPointer } from '../contract/schema-types.ts'
import { finishInTurns } from '../contract/turns.ts'
import { hashText } from '../support/hash.ts'
import type { RunnableCall } from './check-calls.ts'
import { findResult } from './find-result.ts'
import type { LoopRun } from './loop-run.ts'

/** An input with the values of the earlier results that it refers to, or what is wrong with a reference. */
export type ResolvedInput =
  | { readonly ok: true; readonly input: Json; readonly references: readonly ResolvedReference[] }
  | { readonly ok: false; readonly message: string }

const maxFirstLines = 10
const maxFirstCharacters = 500

/**
 * Puts the values of earlier results where an input refers to them. Called inside an operation, before the input is checked. An input of a
 * tool of the loop, and one of a run that release 0.1.0 began, has no references.
 */
export async function resolveInput(run: LoopRun, { tool, input }: Pick<RunnableCall, 'tool' | 'input'>): Promise<ResolvedInput> {
  const unchanged: ResolvedInput = { ok: true, input, references: [] }
  if (run.operations.version === 1 || isBuiltInName(tool.name)) return unchanged
  const found = await finishInTurns(findReferences(input))
  if ('problem' in found) return refusal(found.problem)
  if (found.references.length === 0) return unchanged
  const values: { readonly position: Reference['position']; readonly value: Json }[] = []
  const references: ResolvedReference[] = []
  let left = maxArtifactCharacters
  for (const reference of found.references) {
    const read = await readReference(run, reference)
    if ('problem' in read) return refusal(`${toPointer(reference.position) || 'the input'}: ${read.problem}`)
    left -= read.text.length
    if (left < 0) return refusal(`the results that it refers to have more than ${maxArtifactCharacters} characters together`)
    values.push({ position: reference.position, value: read.value })
    references.push(describeReference(reference, read))
  }
  return { ok: true, input: replaceReferences(input, values), references }
}

function refusal(problem: string): ResolvedInput {
  return { ok: false, message: `Not run: ${problem}.` }
}

interface ReferredValue {
  readonly value: Json
  /** The value itself, or its JSON text. */
  readonly text: string
}

async function readReference(run: LoopRun, { id, path }: Reference): Promise<ReferredValue | { readonly problem: string }> {
  const found = await findResult(run, id)
  if ('problem' in found) return found
  if (path === undefined) return { value: found.text, text: found.text }
  const whole = await parse(found.text)
  if (whole === undefined) return { problem: `the result ${id} is not JSON, so it has no parts. Leave out "path" to pass its text` }
  const part = valueAt(whole, path)
  if ('problem' in part) return { problem: `in the result ${id} ${part.problem}` }
  return { value: part.value, text: typeof part.value === 'string' ? part.value : canonicalJson(part.value) }
}

// Takes any value, and a string for a number that a double would change: the tool gets its digits, or refuses it.
const anyValue: JsonObject = {
  type: ['object', 'array', 'string', 'number', 'boolean', 'null'],
  additionalProperties: { $ref: '#' },
  items: { $ref: '#' },
}

async function parse(text: string): Promise<Json | undefined> {
  try {
    const read = await finishInTurns(parseExactlyInSteps(text, anyValue))
    return 'value' in read ? read.value : undefined
  } catch {
    return undefined
  }
}

function describeReference({ position, id, path }: Reference, { text }: ReferredValue): ResolvedReference {
  const lines = text.slice(0, maxFirstCharacters).split('\n', maxFirstLines)
  const described = { at: toPointer(position), id, ...(path !== undefined && { path }) }
  return { ...described, characters: text.length, hash: hashText(text, 'hex'), firstLines: lines.join('\n').toWellFormed() }
}

/** What the records of a call say about the value that an input became, where the value itself is too large for them. */
export function valueHash(value: Json): string {
  return hashText(canonicalJson(value), 'hex')
}

/** True for the value that was recorded, or whose hash was. */
export function isRecordedValue(value: Json | undefined, recorded: { readonly value: Json; readonly valueHash?: string }): boolean {
  if (recorded.valueHash === undefined) return equalJson(value, recorded.value)
  return value !== undefined && valueHash(value) === recorded.valueHash
}
