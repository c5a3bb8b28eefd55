import type { Json, ToolCheck } from '@capstan/core'
import { capText } from '@capstan/core/internal'
import { neutralText } from './failure.ts'
import { type CheckedInput, checkInput, inputMessage } from './input/check-input.ts'
import type { ToolSpec } from './run-tool.ts'

/** Checks an input without running anything. Never throws. */
export function checkToolInput<Context>(spec: ToolSpec<Context>, input: Json): ToolCheck | Promise<ToolCheck> {
  try {
    const checked = checkInput(spec.schema, input)
    return checked instanceof Promise ? checkInTime(spec, checked) : toCheck(spec, checked)
  } catch (error) {
    return { ok: false, message: neutralText(error) }
  }
}

async function checkInTime<Context>(spec: ToolSpec<Context>, checking: Promise<CheckedInput>): Promise<ToolCheck> {
  try {
    const checked = await within(spec.timeoutMs, checking)
    if (checked === undefined) return { ok: false, message: `The input could not be checked within ${spec.timeoutMs / 1_000} s.` }
    return toCheck(spec, checked)
  } catch (error) {
    return { ok: false, message: neutralText(error) }
  }
}

function toCheck<Context>({ maxResultBytes }: ToolSpec<Context>, checked: CheckedInput): ToolCheck {
  if (!checked.ok) return { ok: false, message: capText(inputMessage(checked.problems), maxResultBytes) }
  return { ok: true, value: checked.value, ...(checked.coerced.length > 0 && { coerced: checked.coerced }) }
}

/**
 * Calls `needsApproval` or `ask` of a tool for one call.
 *
 * @throws {Error} If the function throws or takes too long. The loop then asks for approval.
 */
export async function callHook<Result>(timeoutMs: number, hook: () => Result): Promise<Awaited<Result>> {
  const returned = await within(timeoutMs, (async () => ({ value: await hook() }))())
  if (returned === undefined) throw new Error(`It did not settle within ${timeoutMs} ms.`)
  return returned.value
}

/** Returns `undefined` if the work does not settle in time. The race handles its later rejection. */
async function within<Result>(timeoutMs: number, work: Promise<Result>): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, undefined)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
