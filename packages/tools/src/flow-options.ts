import type { Label, Target } from '@capstan/core'

/** What the guard of an agent knows about a stock tool. */
export interface FlowOptions {
  /** What every result is: `untrusted` if others can write what the tool returns, `secret` if it must not leave; an empty list for neither. */
  readonly returns?: Label | readonly Label[]
  /** What a call reaches, such as `external`, `write` or `code`; an empty list for nothing. */
  readonly reaches?: readonly string[]
}

/** The names of these options. */
export const flowNames = ['returns', 'reaches'] as const

/** What `tool()` is told. */
export interface Flow<Input> extends FlowOptions {
  readonly targets?: (input: Input) => readonly Target[]
}

/** The options of `tool()`, which checks them: an empty list is the same as nothing, and a tool that reaches nothing has no destinations. */
export function toolFlow<Input>({ returns, reaches, targets }: Flow<Input>): Flow<Input> {
  return {
    ...(isSomething(returns) && { returns }),
    ...(isSomething(reaches) && { reaches, ...(targets !== undefined && { targets }) }),
  }
}

function isSomething<Value>(value: Value | undefined): value is Value {
  return value !== undefined && !(Array.isArray(value) && value.length === 0)
}
