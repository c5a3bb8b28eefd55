import { isJsonObject, type Json, type JsonObject } from './json.ts'

/** A person's answer to the question about a call. `input` replaces the input that the model wrote; `answer` is for a tool with `ask`. */
export type Approval =
  | {
      readonly approve: true
      readonly input?: Json
      readonly answer?: Json
      /** True to let further calls of the tool run that have the same destinations, for the rest of the run. */
      readonly forTarget?: true
    }
  | {
      readonly approve: false
      readonly reason?: string
      /** True when nobody answered in time. */
      readonly expired?: true
    }

/** A person's answer about a call whose outcome is unknown: what it returned, that it failed, or that it shall be repeated. */
export type OutcomeAnswer = { readonly output: string } | { readonly failed: string } | { readonly repeat: true }

/**
 * Approves a call, once. With `input`, the call runs with that input instead of the model's. `approve({ forTarget: true })` approves it as it is, and
 * for the rest of the run all calls of the tool with the same destinations.
 */
export function approve(input?: Json): Approval {
  if (input === undefined) return { approve: true }
  return isForTarget(input) ? { approve: true, forTarget: true } : { approve: true, input }
}

function isForTarget(input: Json): boolean {
  return isJsonObject(input) && input['forTarget'] === true && Object.keys(input).length === 1
}

/** Answers the question of a tool's `ask`, so that the call runs with the answer. */
export function answer(value: Json): Approval {
  return { approve: true, answer: value }
}

/** Denies a call. The model gets the reason, if there is one. */
export function deny(reason?: string): Approval {
  return reason === undefined ? { approve: false } : { approve: false, reason }
}

/** Reads an answer from JSON. Anything that is not clearly an approval is a denial. */
export function readApproval(given: Json): Approval {
  if (!isJsonObject(given)) return deny()
  const { approve: isApproved, input, answer: value, forTarget, reason }: Readonly<Record<string, Json | undefined>> = given
  if (isApproved === true) {
    return {
      approve: true,
      ...(input !== undefined && { input }),
      ...(value !== undefined && { answer: value }),
      ...(forTarget === true && input === undefined && { forTarget }),
    }
  }
  return { ...(typeof reason === 'string' ? deny(reason) : deny()), ...(given['expired'] === true && { expired: true }) } as Approval
}

/** Reads an answer from JSON. Anything unclear means that the call failed, never that it is repeated. */
export function readOutcome(answer: Json): OutcomeAnswer {
  const { output, failed, repeat }: JsonObject = isJsonObject(answer) ? answer : {}
  if (typeof output === 'string') return { output }
  if (repeat === true) return { repeat: true }
  return { failed: typeof failed === 'string' ? failed : 'The outcome is not known.' }
}
