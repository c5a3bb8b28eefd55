import { equalJson, jsonFormOf } from '../contract/json.ts'
import type { ToolCheck } from '../contract/tool.ts'
import type { CheckedInput, RunnableCall } from './check-calls.ts'
import type { LoopRun } from './loop-run.ts'

/** What a first check made of an input: the value itself, and its JSON form for the record. */
export type FirstCheck =
  | { readonly ok: false; readonly message: string }
  | { readonly ok: true; readonly live: unknown; readonly recorded: Pick<CheckedInput, 'value' | 'isExact' | 'coerced'> }

/** Checks the input of a call for its verdict. The value is kept for the call, which is not checked again in this process. */
export async function checkFirst({ notes }: LoopRun, { tool, input }: Pick<RunnableCall, 'tool' | 'input'>, operation: string): Promise<FirstCheck> {
  const check = await tool.check(input)
  if (!check.ok) return check
  const { value: live, coerced } = check
  const form = await jsonFormOf(live)
  if (form === undefined) return { ok: false, message: 'Not run: what its schema makes of the input has no JSON form, so it cannot be shown to a person.' }
  notes.keepChecked(operation, live)
  return { ok: true, live, recorded: { ...form, ...(coerced !== undefined && { coerced }) } }
}

/**
 * The value that a call runs with. A value that was checked before is that very value in the same process; in another one it comes
 * from the record, or is checked again and must be equal in its JSON form.
 */
export async function valueFor({ notes }: LoopRun, { tool, input, checked }: RunnableCall): Promise<ToolCheck> {
  if (checked === undefined) return await tool.check(input)
  const coerced = checked.coerced && { coerced: checked.coerced }
  const live = notes.checkedBy(checked.operation)
  if (live !== undefined) return { ok: true, value: live.value, ...coerced }
  if (checked.isExact) return { ok: true, value: checked.value, ...coerced }
  const again = await tool.check(input)
  if (!again.ok || equalJson((await jsonFormOf(again.value))?.value, checked.value)) return again
  return { ok: false, message: 'Not run: its input was checked before, and its schema makes another value of it now. Send the call again.' }
}
