import { AgentError } from '../contract/errors.ts'
import type { ToolDefinition } from '../contract/model.ts'
import { parameterText } from './parameter-text.ts'
import { stopWords } from './stop-words.ts'
import { piecesOf, termOf, wordsOf } from './tokens.ts'

/** Characters that are read of a description, of all texts of its parameters, and of a query. What follows is not searched. */
const maxTextLength = 20_000
const maxQueryLength = 4_000
/** Words of a query from which on stop words are dropped. */
const maxPlainWords = 12

/** A longer piece, such as a sentence in Chinese, hardly occurs again. */
const maxKeptPiece = 24

/** How much a word counts by where it is, in tenths: integers, so that sums do not depend on the order of the tools. */
const weights = { name: 20, description: 10, parameters: 3 }
const tenths = 10

/** The usual parameters of BM25: how soon further occurrences of a word stop to count, and how much the length of a text counts. */
const saturation = 1.2
const lengthShare = 0.75
/** More than any sum of words: a tool whose name is written out in the query comes first. */
const nameScore = 1_000

/** A tool that a search found. */
export interface RankedTool {
  readonly name: string
  /** Only comparable within one search. */
  readonly score: number
}

/**
 * Searches tools by words: BM25 over names, descriptions and parameters. A result depends only on the query and on the set of tools, not on
 * their order. Memory is proportional to the texts of the tools.
 */
export class ToolRanking {
  readonly #names: string[] = []
  readonly #numbers = new Map<string, number>()
  readonly #lengths: number[] = []
  #totalLength = 0
  /** For each term, the numbers of the tools that have it, in rising order, each followed by its weight there. */
  readonly #postings = new Map<string, number[]>()
  /** The postings of each short piece of text that was indexed: most pieces occur many times. */
  readonly #pieces = new Map<string, readonly number[][]>()

  /** @throws {AgentError} `invalid-tool` for two tools of one name. */
  constructor(tools: Iterable<ToolDefinition> = []) {
    for (const tool of tools) this.add(tool)
  }

  get size(): number {
    return this.#names.length
  }

  /** @throws {AgentError} `invalid-tool` for a name that is there already. */
  add({ name, description, inputSchema }: ToolDefinition): void {
    if (this.#numbers.has(name)) throw new AgentError(`Tool "${name}" is in the catalogue already. Names must differ.`, { code: 'invalid-tool' })
    const number = this.#names.push(name) - 1
    this.#numbers.set(name, number)
    this.#lengths.push(0)
    this.#index(number, name, weights.name)
    this.#index(number, description, weights.description)
    this.#index(number, parameterText(inputSchema), weights.parameters)
  }

  /**
   * The tools that have words of the query, best first; of equal ones, the one whose name sorts first.
   *
   * @param query - Words, a sentence, or names of tools. Read up to 4,000 characters.
   * @param limit - Tools to return at most. Default: 10.
   * @param among - Names of the tools that may be returned. Default: all.
   */
  search(query: string, limit = 10, among?: ReadonlySet<string>): readonly RankedTool[] {
    const text = query.slice(0, maxQueryLength)
    const scores = new Float64Array(this.#names.length)
    for (const term of termsOfQuery(text)) this.#addScores(term, scores)
    for (const piece of new Set(text.split(/[^\w-]+/))) {
      const number = this.#numbers.get(piece)
      if (number !== undefined && (piece === text || isDistinctive(piece))) scores[number] = (scores[number] ?? 0) + nameScore
    }
    if (among !== undefined) for (const [number, name] of this.#names.entries()) if (!among.has(name)) scores[number] = 0
    return this.#best(scores, limit)
  }

  #index(number: number, text: string, weight: number): void {
    let length = 0
    for (const piece of piecesOf(text.slice(0, maxTextLength))) {
      for (const posting of this.#postingsOf(piece)) {
        length += weight
        if (posting[posting.length - 2] === number) posting[posting.length - 1] = (posting[posting.length - 1] ?? 0) + weight
        else posting.push(number, weight)
      }
    }
    this.#lengths[number] = (this.#lengths[number] ?? 0) + length
    this.#totalLength += length
  }

  #postingsOf(piece: string): readonly number[][] {
    const known = this.#pieces.get(piece)
    if (known !== undefined) return known
    const postings = wordsOf(piece).map((word) => this.#postingOf(termOf(word)))
    if (piece.length <= maxKeptPiece) this.#pieces.set(piece, postings)
    return postings
  }

  #postingOf(term: string): number[] {
    let posting = this.#postings.get(term)
    if (posting === undefined) {
      posting = []
      this.#postings.set(term, posting)
    }
    return posting
  }

  #addScores(term: string, scores: Float64Array): void {
    const posting = this.#postings.get(term)
    if (posting === undefined) return
    const having = posting.length / 2
    const rarity = Math.log(1 + (scores.length - having + 0.5) / (having + 0.5))
    const average = this.#totalLength / scores.length
    for (let index = 0; index < posting.length; index += 2) {
      const number = posting[index] ?? 0
      const count = (posting[index + 1] ?? 0) / tenths
      const length = 1 - lengthShare + (lengthShare * (this.#lengths[number] ?? 0)) / average
      scores[number] = (scores[number] ?? 0) + (rarity * count * (saturation + 1)) / (count + saturation * length)
    }
  }

  /** The best so far is kept sorted: for a small limit faster than sorting all. */
  #best(scores: Float64Array, limit: number): readonly RankedTool[] {
    const best: RankedTool[] = []
    if (limit < 1) return best
    for (let number = 0; number < scores.length; number++) {
      const score = scores[number] ?? 0
      const last = best[limit - 1]
      if (score === 0 || (last !== undefined && score < last.score)) continue
      insert({ name: this.#names[number] ?? '', score }, best)
      if (best.length > limit) best.pop()
    }
    return best
  }
}

function insert(found: RankedTool, best: RankedTool[]): void {
  let index = best.length
  while (index > 0 && isBefore(found, best[index - 1] ?? found)) index--
  best.splice(index, 0, found)
}

function isBefore(left: RankedTool, right: RankedTool): boolean {
  return left.score > right.score || (left.score === right.score && left.name < right.name)
}

/** True for a text that can hardly be an ordinary word, such as `create_issue`, `createIssue` and `s3`. */
function isDistinctive(name: string): boolean {
  return /[_\d-]|[a-z][A-Z]/.test(name)
}

function termsOfQuery(text: string): ReadonlySet<string> {
  const words = piecesOf(text).flatMap(wordsOf)
  const telling = words.length > maxPlainWords ? words.filter((word) => !stopWords.has(word)) : words
  return new Set((telling.length > 0 ? telling : words).map(termOf))
}
