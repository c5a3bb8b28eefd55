/** Names that other libraries use for the same thing. */
const otherNames: Readonly<Record<string, string>> = {
  content: 'text',
  message: 'text',
  reasoningcontent: 'reasoning',
  thinking: 'reasoning',
  arguments: 'input',
  args: 'input',
  parameters: 'input',
  replies: 'script',
  responses: 'script',
  handler: 'respond',
  latencyms: 'delayMs',
  code: 'status',
  statuscode: 'status',
  type: 'kind',
  chance: 'probability',
  at: 'requests',
}

/** The key that was probably meant; `undefined` when none is similar. */
export function nearestKey(key: string, keys: readonly string[]): string | undefined {
  const written = plain(key)
  const same = keys.find((known) => plain(known) === written || known === otherNames[written])
  if (same !== undefined) return same
  const ranked = keys.map((known) => ({ known, distance: editDistance(written, plain(known)) })).sort((left, right) => left.distance - right.distance)
  const [best] = ranked
  if (best !== undefined && best.distance <= Math.max(1, Math.floor(written.length / 2))) return best.known
  return keys.find((known) => written.length > 2 && (plain(known).startsWith(written) || written.startsWith(plain(known)) || plain(known).endsWith(written)))
}

function plain(key: string): string {
  return key.toLowerCase().replace(/[^\p{L}\d]/gu, '')
}

/** Levenshtein distance. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (const [position, letter] of [...left].entries()) {
    const next = [position + 1]
    for (const [index, other] of [...right].entries()) {
      next.push(Math.min((row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1, (row[index] ?? 0) + (letter === other ? 0 : 1)))
    }
    row = next
  }
  return row[right.length] ?? 0
}
