import { jsonFormOf } from '../contract/json.ts'
import type { ResolvedReference } from '../contract/references.ts'
import type { ToolCheck } from '../contract/tool.ts'
import type { CheckedInput, RunnableCall } from './check-calls.ts'
import type { LoopRun } from './loop-run.ts'
import { isRecordedValue, resolveInput, valueHash } from './resolve-input.ts'

/** What a first check made of an input: the value itself, and its JSON form for the record. */
export type FirstCheck =
  | { readonly ok: false; readonly message: string }
  | { readonly ok: true; readonly live: unknown; readonly recorded: Pick<CheckedInput, 'value' | 'isExact' | 'coerced' | 'references' | 'valueHash'> }

/** A check of an input, with the earlier results that the input refers to. */
export type InputCheck = ToolCheck & { readonly references?: readonly ResolvedReference[] }

/** A value that refers to earlier results is recorded itself up to this size, in characters of JSON: people see what the tool gets. */
const maxRecordedCharacters = 4_000

/** Checks the input of a call for its verdict. The value is kept for the call, which is not checked again in this process. */
export async function checkFirst(run: LoopRun, call: RunnableCall, operation: string): Promise<FirstCheck> {
  const check = await checkResolved(run, call)
  if (!check.ok) return check
  const { value: live, coerced, references = [] } = check
  const form = await jsonFormOf(live)
  if (form === undefined) return { ok: false, message: 'Not run: what its schema makes of the input has no JSON form, so it cannot be shown to a person.' }
  run.notes.keepChecked(operation, live)
  const given = { ...(coerced !== undefined && { coerced }), ...(references.length > 0 && { references }) }
  if (references.length === 0 || JSON.stringify(form.value).length <= maxRecordedCharacters) return { ok: true, live, recorded: { ...form, ...given } }
  return { ok: true, live, recorded: { value: call.input, isExact: false, valueHash: valueHash(form.value), ...given } }
}

/**
 * The value that a call runs with. A value that was checked before is that very value in the same process; in another one it comes
 * from the record, or is checked again and must be equal in its JSON form.
 */
export async function valueFor(run: LoopRun, call: RunnableCall): Promise<InputCheck> {
  const { checked } = call
  if (checked === undefined) return await checkResolved(run, call)
  const given = { ...(checked.coerced && { coerced: checked.coerced }), ...(checked.references && { references: checked.references }) }
  const live = run.notes.checkedBy(checked.operation)
  if (live !== undefined) return { ok: true, value: live.value, ...given }
  if (checked.isExact) return { ok: true, value: checked.value, ...given }
  const again = await checkResolved(run, call)
  if (!again.ok || isRecordedValue((await jsonFormOf(again.value))?.value, checked)) return again
  return { ok: false, message: 'Not run: its input was checked before, and its schema makes another value of it now. Send the call again.' }
}

async function checkResolved(run: LoopRun, call: RunnableCall): Promise<InputCheck> {
  const resolved = await resolveInput(run, call)
  if (!resolved.ok) return resolved
  const check = await call.tool.check(resolved.input)
  return resolved.references.length === 0 ? check : { ...check, references: resolved.references }
}
