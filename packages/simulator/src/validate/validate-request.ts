import { badRequest, type Rejection } from '../rejection.ts'
import { refuse } from '../rules/refusal-rules.ts'
import { checkCombinations } from './combinations.ts'
import { type CheckContext, effectiveBody, maxTokensOf } from './context.ts'
import { checkMessages } from './messages.ts'
import { checkParameters } from './parameters.ts'
import { checkStrictTools } from './strict-tools.ts'
import { checkTools } from './tools.ts'

/** Checks a request as the model's page documents it. Gives the refusal of the first broken rule. */
export function validateRequest(context: CheckContext): Rejection | undefined {
  for (const check of checks) {
    const found = check(context)
    if (found !== undefined) return found
  }
  return undefined
}

const checks: readonly ((context: CheckContext) => Rejection | undefined)[] = [
  checkParameters,
  checkTools,
  checkStrictTools,
  checkMessages,
  checkCombinations,
  checkLength,
]

function checkLength({ body, model, rawBody, promptTokens }: CheckContext): Rejection | undefined {
  const { overflow } = model.refusals
  if (overflow === undefined) return undefined
  const context = model.contextTokens
  const asked = overflow.together === undefined ? 0 : (maxTokensOf(effectiveBody(model, body)) ?? 0)
  // A piece has at least one character: a short body cannot be too long, and needs no counting.
  if (rawBody.length + asked <= context) return undefined
  const prompt = promptTokens()
  const message = prompt > context ? overflow.prompt : prompt + asked > context ? overflow.together : undefined
  const { fields } = overflow
  const reported = overflow.tellsLeast === true ? context - asked + 1 : prompt
  return refuse(
    message,
    { context, prompt: reported, asked, total: reported + asked },
    { parameter: 'messages', ...(fields !== undefined && { fields: { [fields.prompt]: prompt, [fields.context]: context } }) },
  )
}

/** The refusal of a body without a model. */
export const missingModel: Rejection = badRequest('Invalid request: model is missing', 'model')
