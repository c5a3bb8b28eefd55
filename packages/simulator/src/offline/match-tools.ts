import type { JsonObject } from '../json.ts'
import type { OfflineTool } from './conversation.ts'
import { findFacts } from './facts.ts'
import { fillParameters } from './fill-parameters.ts'
import { countShared, tellingWords } from './words.ts'

/** A call that the words of a clause suggest. */
export interface SuggestedCall {
  readonly tool: OfflineTool
  readonly input: JsonObject
  /** Why, in words. */
  readonly reason: string
}

const MAX_CALLS_EACH = 8

interface Scored {
  readonly tool: OfflineTool
  readonly nameScore: number
  readonly otherScore: number
}

/**
 * Chooses tools for a clause by shared words and by facts that fit a parameter (a city for `city`).
 * When several facts fit the first parameter, each gets a call of its own.
 */
export function matchTools(clause: string, tools: readonly OfflineTool[]): readonly SuggestedCall[] {
  const words = tellingWords(clause)
  const scored = tools.map((tool) => score(tool, words, tools))
  const byName = scored.filter(({ nameScore, otherScore }) => nameScore + otherScore >= 3 && nameScore > 0)
  const named = byName.flatMap(({ tool }) => callsOf(tool, clause, 'its name is in your words'))
  if (named.length > 0) return named
  return byFacts(scored, clause)
}

/** The tool whose parameter fits a fact best; words in the description decide between several. */
function byFacts(scored: readonly Scored[], clause: string): readonly SuggestedCall[] {
  const facts = findFacts(clause)
  const fitting = scored.flatMap((candidate) => {
    const filled = fillParameters(candidate.tool, facts, { isForced: false, skip: 0 })
    if (filled === undefined) return []
    const needsWords = candidate.tool.parameters.every(({ isRequired }) => !isRequired)
    const total = candidate.nameScore + candidate.otherScore + (needsWords ? 0 : 2 * filled.strongCount)
    return total >= (needsWords ? 3 : 2) && (filled.strongCount > 0 || candidate.otherScore >= 2) ? [{ ...candidate, total }] : []
  })
  const [best] = fitting.sort((left, right) => right.total - left.total)
  return best === undefined ? [] : callsOf(best.tool, clause, 'a value in your words fits its parameter')
}

function score(tool: OfflineTool, words: ReadonlySet<string>, tools: readonly OfflineTool[]): Scored {
  const name = tellingWords(tool.name)
  // A word that many tools have in their names tells little.
  const nameScore = [...name].filter((word) => words.has(word)).reduce((sum, word) => sum + (isShared(word, tools) ? 1 : 3), 0)
  const description = new Set([...tellingWords(tool.description)].filter((word) => !name.has(word)))
  const parameters = new Set(tool.parameters.flatMap((parameter) => [...tellingWords(parameter.name)]))
  return { tool, nameScore, otherScore: countShared(description, words) + countShared(parameters, words) }
}

function isShared(word: string, tools: readonly OfflineTool[]): boolean {
  return tools.filter((tool) => tellingWords(tool.name).has(word)).length > 1
}

function callsOf(tool: OfflineTool, clause: string, reason: string): readonly SuggestedCall[] {
  const facts = findFacts(clause)
  const first = fillParameters(tool, facts, { isForced: false, skip: 0 })
  if (first === undefined) return []
  const required = tool.parameters.filter(({ isRequired }) => isRequired)
  const wantsList = required.some(({ schema }) => schema['type'] === 'array')
  const calls = [first]
  for (let skip = 1; required.length === 1 && !wantsList && skip < Math.min(first.choices, MAX_CALLS_EACH); skip += 1) {
    const next = fillParameters(tool, facts, { isForced: false, skip })
    if (next !== undefined) calls.push(next)
  }
  return calls.map(({ input }) => ({ tool, input, reason }))
}
