import type { Json, ToolValidation } from '@capstan/core'
import { neutralText } from './failure.ts'
import { checkInput, inputMessage } from './input/check-input.ts'
import { capText } from './output/cap-text.ts'
import type { ToolSpec } from './run-tool.ts'
import type { ResolvedSchema } from './schema/input-schema.ts'

/** Checks an input without running anything. Never throws. */
export async function validateInput<Context>({ schema, timeoutMs, maxResultBytes }: ToolSpec<Context>, input: Json): Promise<ToolValidation> {
  try {
    const checked = await within(timeoutMs, checkInput(schema, input))
    if (checked === undefined) return { ok: false, message: `The input could not be checked within ${timeoutMs / 1_000} s.` }
    return checked.ok ? { ok: true } : { ok: false, message: capText(inputMessage(checked.problems), maxResultBytes) }
  } catch (error) {
    return { ok: false, message: neutralText(error) }
  }
}

/** What asks the author of a tool about one call. */
export interface Asking<Answer> {
  readonly schema: ResolvedSchema
  readonly timeoutMs: number
  /** The author's function, with the checked input. */
  readonly ask: (input: unknown) => Answer
}

/** Fails closed: without a clear no, a person is asked. */
export async function asksForApproval({ schema, timeoutMs, ask }: Asking<unknown>, input: Json): Promise<boolean> {
  const answer = async (): Promise<unknown> => {
    const checked = await checkInput(schema, input)
    return checked.ok ? await ask(checked.value) : true
  }
  try {
    return (await within(timeoutMs, answer())) !== false
  } catch {
    return true
  }
}

/** Asks with the checked input. A function that takes too long throws, so that the loop asks for approval instead. */
export async function questionFor({ schema, timeoutMs, ask }: Asking<Json | undefined | Promise<Json | undefined>>, input: Json): Promise<Json | undefined> {
  const work = async (): Promise<{ readonly question: Json | undefined }> => {
    const checked = await checkInput(schema, input)
    return { question: checked.ok ? await ask(checked.value) : undefined }
  }
  const asked = await within(timeoutMs, work())
  if (asked === undefined) throw new Error(`ask did not settle within ${timeoutMs} ms.`)
  return asked.question
}

/** `undefined` when the work does not settle in time; its later rejection is handled by the race. */
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
