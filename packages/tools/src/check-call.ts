import type { Json, ToolCheck } from '@capstan/core'
import { neutralText } from './failure.ts'
import { checkInput, inputMessage } from './input/check-input.ts'
import { capText } from './output/cap-text.ts'
import type { ToolSpec } from './run-tool.ts'

/** Checks an input without running anything. Never throws. */
export async function checkToolInput<Context>({ schema, timeoutMs, maxResultBytes }: ToolSpec<Context>, input: Json): Promise<ToolCheck> {
  try {
    const checked = await within(timeoutMs, checkInput(schema, input))
    if (checked === undefined) return { ok: false, message: `The input could not be checked within ${timeoutMs / 1_000} s.` }
    if (!checked.ok) return { ok: false, message: capText(inputMessage(checked.problems), maxResultBytes) }
    return { ok: true, value: checked.value, ...(checked.coerced.length > 0 && { coerced: checked.coerced }) }
  } catch (error) {
    return { ok: false, message: neutralText(error) }
  }
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
