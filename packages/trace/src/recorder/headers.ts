import { isCredentialName } from '@capstan/core/internal'
import { redacted, redactURL } from '../format/redact-url.ts'

/** Headers of responses whose values no provider uses for credentials. Of all others only the name is recorded. */
const plain =
  /^(?:content-(?:type|encoding|length|language)|transfer-encoding|connection|keep-alive|date|age|server|vary|via|cache-control|location|retry-after(?:-ms)?|x-should-retry|(?:x-)?(?:[a-z]+-)?(?:request|trace|log)-?id|cf-ray|x-(?:ratelimit|rate-limit|msh|ds|envoy|cache)-[a-z0-9-]+|(?:openai|anthropic)-(?:model|version|processing-ms|organization))$/

/** The headers of a response, without what may be a credential. */
export function shownResponseHeaders(headers: Readonly<Record<string, string>>, base: string): Readonly<Record<string, string>> {
  const shown: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) shown[name] = shownValue(name, value, base)
  return shown
}

function shownValue(name: string, value: string, base: string): string {
  if (!isPlain(name)) return redacted
  if (name !== 'location') return value
  return URL.canParse(value, base) ? redactURL(new URL(value, base).href) : redacted
}

/** By name, for the names that came before: they are the same in each response. */
const known = new Map<string, boolean>()
const maxKnown = 1_000

function isPlain(name: string): boolean {
  let found = known.get(name)
  if (found === undefined) {
    found = plain.test(name) && (!isCredentialName(name) || /^x-(?:ratelimit|rate-limit)-/.test(name))
    if (known.size < maxKnown) known.set(name, found)
  }
  return found
}
