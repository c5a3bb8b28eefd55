import type { Answers, Json, JsonObject, PendingQuestion } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { badRequest } from '../http/refusal.ts'

/** The fields of each kind of answer; the first one says which kind it is. */
const approvalFields = { true: ['approve', 'input', 'answer', 'forTarget'], false: ['approve', 'reason'] } as const
const maxAnswers = 100

/**
 * Reads the answers of a request. Their form is checked, because the framework takes what is unclear as a denial.
 *
 * @throws {Refusal} 400, which names the field.
 */
export function readAnswers(given: unknown): Answers {
  if (!isJsonObject(given) || Object.keys(given).length === 0) {
    throw badRequest('`answers` must be an object with at least one answer: { "<id of the question>": { "approve": true } }.')
  }
  const entries = Object.entries(given)
  if (entries.length > maxAnswers) throw badRequest(`\`answers\` may have ${maxAnswers} answers at most.`)
  for (const [id, answer] of entries) checkAnswer(`answers[${JSON.stringify(id.slice(0, 100))}]`, answer)
  // Checked above, field by field. A map without a prototype would lose `__proto__`, which names no question anyway.
  return given as Answers
}

function checkAnswer(path: string, answer: Json | undefined): void {
  if (!isJsonObject(answer)) throw badRequest(`${path} must be an object, such as { "approve": true }.`)
  const { approve } = answer as { readonly approve?: Json }
  if (approve === true || approve === false) checkApproval(path, answer, approve)
  else if (!isOutcome(answer)) {
    throw badRequest(`${path} must be { "approve": true }, { "approve": false }, { "output": "…" }, { "failed": "…" } or { "repeat": true }.`)
  }
}

function checkApproval(path: string, answer: JsonObject, isApproved: boolean): void {
  refuseOthers(path, answer, approvalFields[isApproved ? 'true' : 'false'])
  const { reason, forTarget }: Readonly<Record<string, Json | undefined>> = answer
  if (reason !== undefined && typeof reason !== 'string') throw badRequest(`${path}.reason must be a text.`)
  if (forTarget !== undefined && forTarget !== true) throw badRequest(`${path}.forTarget must be true, or left out.`)
  if (forTarget === true && answer['input'] !== undefined) throw badRequest(`${path} may have \`forTarget\` or \`input\`, not both.`)
}

function isOutcome(answer: JsonObject): boolean {
  const [name = '', ...others] = Object.keys(answer)
  if (others.length > 0) return false
  return name === 'repeat' ? answer['repeat'] === true : (name === 'output' || name === 'failed') && typeof answer[name] === 'string'
}

function refuseOthers(path: string, answer: object, known: readonly string[]): void {
  const other = Object.keys(answer).find((name) => !known.includes(name))
  if (other !== undefined) throw badRequest(`${path}.${other.slice(0, 100)} is not a field of this answer. Its fields are: ${known.join(', ')}.`)
}

/** @throws {Refusal} 400 for an answer of another kind than its question asks for. */
export function checkKind({ id, about }: PendingQuestion, answer: Answers[string]): void {
  const asksOutcome = isJsonObject(about) && about['type'] === 'outcome'
  const isApproval = 'approve' in answer
  if (asksOutcome === !isApproval) return
  const wanted = asksOutcome ? '{ "output": "…" }, { "failed": "…" } or { "repeat": true }' : '{ "approve": true } or { "approve": false }'
  throw badRequest(`answers[${JSON.stringify(id)}]: this question is answered with ${wanted}.`)
}
