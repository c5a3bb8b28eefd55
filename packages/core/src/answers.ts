import { isJsonObject, type Json, type JsonObject } from './json.ts'

/** A person's answer to an approval question. `input` replaces what the model asked for. */
export type Approval = { readonly approve: true; readonly input?: Json } | { readonly approve: false; readonly reason?: string }

/** A person's answer about a call whose outcome is unknown. */
export type OutcomeAnswer = { readonly output: string } | { readonly failed: string } | { readonly repeat: true }

/** Approves a call; with `input`, runs it with that input instead of the model's. */
export function approve(input?: Json): Approval {
  return input === undefined ? { approve: true } : { approve: true, input }
}

/** Denies a call. The model is told the reason. */
export function deny(reason?: string): Approval {
  return reason === undefined ? { approve: false } : { approve: false, reason }
}

/** Reads an answer; anything that is not clearly an approval is a denial. */
export function readApproval(answer: Json): Approval {
  if (!isJsonObject(answer)) return deny()
  if (answer['approve'] === true) return 'input' in answer ? approve(answer['input']) : approve()
  return typeof answer['reason'] === 'string' ? deny(answer['reason']) : deny()
}

/** Reads an answer; anything unclear means that the call failed, never that it is repeated. */
export function readOutcome(answer: Json): OutcomeAnswer {
  const { output, failed, repeat }: JsonObject = isJsonObject(answer) ? answer : {}
  if (typeof output === 'string') return { output }
  if (repeat === true) return { repeat: true }
  return { failed: typeof failed === 'string' ? failed : 'The outcome is not known.' }
}
