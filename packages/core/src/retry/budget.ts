/** Tokens of a full retry budget. */
export const maxRetryTokens = 10
/** Tokens that a success gives back; a failure takes one. */
export const retryTokenRatio = 0.1

const maxScopes = 1_000
const tokensByScope = new Map<string, number>()

/**
 * True while the retry budget of an endpoint and credential allows a retry. The budget is shared by all runs of this process: it has 10
 * tokens, a failure takes one, a success gives 0.1 back, and retries need more than half of them. So a service that is down gets about
 * one request for each step, instead of three.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md
 */
export function mayRetry(scope: string): boolean {
  return tokensOf(scope) > maxRetryTokens / 2
}

/** Counts an attempt that failed in a way that could be retried. */
export function countFailure(scope: string): void {
  setTokens(scope, Math.max(0, tokensOf(scope) - 1))
}

/** Counts an attempt that succeeded. */
export function countSuccess(scope: string): void {
  setTokens(scope, Math.min(maxRetryTokens, tokensOf(scope) + retryTokenRatio))
}

function tokensOf(scope: string): number {
  return tokensByScope.get(scope) ?? maxRetryTokens
}

// A full budget need not be kept, so the map holds only endpoints with failures. At 1,000 of them it is cleared.
function setTokens(scope: string, tokens: number): void {
  if (tokens >= maxRetryTokens) tokensByScope.delete(scope)
  else {
    if (tokensByScope.size >= maxScopes && !tokensByScope.has(scope)) tokensByScope.clear()
    tokensByScope.set(scope, tokens)
  }
}
