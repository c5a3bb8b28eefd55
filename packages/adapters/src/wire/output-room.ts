import type { ContextOverflow } from '@capstan/core'

/** Servers also count the tokens of their chat template. */
const marginTokens = 64
/** With fewer tokens a useful reply is not possible, so the messages must become shorter instead. */
const minTokens = 256

/**
 * The output limit with which a refused request fits into the context window.
 *
 * @param overflow - The sizes that the provider named.
 * @param asked - The output limit of the request; `undefined` where it had none.
 * @returns `undefined` when the sizes do not say it, or when lowering the output limit does not help.
 */
export function roomForOutput(overflow: ContextOverflow, asked: number | undefined): number | undefined {
  const free = freeTokens(overflow, asked)
  if (free === undefined) return undefined
  const room = free - marginTokens
  return room >= minTokens && (asked === undefined || room < asked) ? room : undefined
}

function freeTokens({ windowTokens, promptTokens, outputTokens, requestedTokens }: ContextOverflow, asked: number | undefined): number | undefined {
  if (windowTokens === undefined) return undefined
  if (promptTokens !== undefined) return windowTokens - promptTokens
  const output = outputTokens ?? asked
  if (output === undefined) return undefined
  if (requestedTokens !== undefined) return output - (requestedTokens - windowTokens)
  // A server that stopped counting the prompt says only what was asked for: half of it is tried.
  return outputTokens === undefined ? undefined : Math.floor(outputTokens / 2)
}
