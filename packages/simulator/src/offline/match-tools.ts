import type { Json } from '../json.ts'
import { type Facts, findFacts } from './facts.ts'
import { fillTool } from './fill-schema.ts'
import type { OfflineTool } from './read-request.ts'
import { countShared, tellingWords } from './words.ts'

/** A call that the words of a clause suggest. */
export interface SuggestedCall {
  readonly tool: OfflineTool
  readonly input: Json
  readonly reason: string
}

const MAX_CALLS_EACH = 8

interface Scored {
  readonly tool: OfflineTool
  readonly nameScore: number
  readonly otherScore: number
}

/**
 * Chooses tools for a clause by shared words, else by facts that fit a parameter (a city for `city`).
 * When several facts fit the first parameter, each gets a call of its own.
 */
export function matchTools(clause: string, tools: readonly OfflineTool[]): readonly SuggestedCall[] {
  const words = tellingWords(clause)
  const facts = findFacts(clause)
  const scored = tools.map((tool) => score(tool, words, tools))
  const byName = scored.filter(({ nameScore, otherScore }) => nameScore + otherScore >= 3 && nameScore > 0)
  const named = byName.flatMap(({ tool }) => callsOf(tool, facts, 'its name is in your words'))
  if (named.length > 0) return named
  const [best] = scored.flatMap((candidate) => fitness(candidate, facts)).sort((left, right) => right.total - left.total)
  return best === undefined ? [] : callsOf(best.tool, facts, 'a value in your words fits its parameter')
}

function score(tool: OfflineTool, words: ReadonlySet<string>, tools: readonly OfflineTool[]): Scored {
  const name = tellingWords(tool.name)
  // A word that several tools have in their names tells little.
  const isShared = (word: string): boolean => tools.filter((other) => tellingWords(other.name).has(word)).length > 1
  const nameScore = [...name].filter((word) => words.has(word)).reduce((sum, word) => sum + (isShared(word) ? 1 : 3), 0)
  const description = new Set([...tellingWords(tool.description)].filter((word) => !name.has(word)))
  const parameters = new Set(tool.parameters.flatMap((parameter) => [...tellingWords(parameter.name)]))
  return { tool, nameScore, otherScore: countShared(description, words) + countShared(parameters, words) }
}

/** How well facts fit the parameters of a tool; nothing when they do not. Words in its description decide between several tools. */
function fitness({ tool, nameScore, otherScore }: Scored, facts: Facts): readonly { readonly tool: OfflineTool; readonly total: number }[] {
  const filled = fillTool(tool, facts)
  if (filled === undefined) return []
  const needsWords = tool.parameters.every(({ isRequired }) => !isRequired)
  const total = nameScore + otherScore + (needsWords ? 0 : 2 * filled.strongCount)
  return total >= (needsWords ? 3 : 2) && (filled.strongCount > 0 || otherScore >= 2) ? [{ tool, total }] : []
}

function callsOf(tool: OfflineTool, facts: Facts, reason: string): readonly SuggestedCall[] {
  const required = tool.parameters.filter(({ isRequired }) => isRequired)
  const [only] = required
  const isSingle = required.length === 1 && only?.schema['type'] !== 'array'
  const first = fillTool(tool, facts)
  const count = first === undefined ? 0 : isSingle ? Math.max(1, Math.min(first.choices, MAX_CALLS_EACH)) : 1
  return Array.from({ length: count }, (_, skip) => fillTool(tool, facts, skip)).flatMap((filled) =>
    filled === undefined ? [] : [{ tool, input: filled.input, reason }],
  )
}
