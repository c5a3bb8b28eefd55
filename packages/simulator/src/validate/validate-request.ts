import { badRequest, type Rejection } from '../rejection.ts'
import { promptText } from '../tokens/prompt-text.ts'
import { countTokens } from '../tokens/tokenize.ts'
import { checkCombinations } from './combinations.ts'
import type { CheckContext } from './context.ts'
import { checkMessages } from './messages.ts'
import { checkParameters } from './parameters.ts'
import { checkTools } from './tools.ts'

/** Checks a whole request as the model's page documents it. The first broken rule is the answer. */
export function validateRequest(context: CheckContext): Rejection | undefined {
  return checkParameters(context) ?? checkTools(context) ?? checkMessages(context) ?? checkCombinations(context) ?? checkLength(context)
}

function checkLength({ body, model, rawBody }: CheckContext): Rejection | undefined {
  // A piece has at least one character: a short body cannot be too long, and needs no counting.
  const asked = typeof body['max_tokens'] === 'number' && model.family === 'deepseek' ? body['max_tokens'] : 0
  if (rawBody.length + asked <= model.contextTokens) return undefined
  const promptTokens = countTokens(promptText(body))
  if (promptTokens + asked <= model.contextTokens) return undefined
  if (model.family === 'kimi') {
    return badRequest(`Invalid request: Your request exceeded model token limit: ${model.contextTokens} (requested: ${promptTokens})`, 'messages')
  }
  return badRequest(
    `This model's maximum context length is ${model.contextTokens} tokens. However, you requested ${promptTokens + asked} tokens (${promptTokens} in the messages, ${asked} in the completion). Please reduce the length of the messages or completion.`,
    'messages',
  )
}
