import { chineseQueries } from './chinese.ts'
import type { DataFolder } from './data-folder.ts'
import { parseLines } from './load-catalogue.ts'
import { gorilla, metaTool, metaToolFiles, questionFiles } from './sources.ts'
import type { ToolCollection } from './tool-collection.ts'

/** A text to search with, and the tools of which one has to be found. */
export interface Question {
  readonly query: string
  readonly right: ReadonlySet<string>
}

/** Questions of one set, with the recall that is required among the first five, in percent. */
export interface QuestionSet {
  readonly name: string
  readonly required: number
  readonly questions: readonly Question[]
}

interface LeaderboardQuestion {
  readonly id: string
  /** Turns of messages. */
  readonly question: readonly (readonly { readonly role: string; readonly content: string }[])[]
}

interface LeaderboardAnswer {
  readonly id: string
  readonly ground_truth: readonly Readonly<Record<string, unknown>>[]
}

/** MetaTool has 21,000 questions; so many, spread over all, are enough. */
const metaToolQuestions = 2_000

export async function loadQuestions(data: DataFolder, collection: ToolCollection): Promise<readonly QuestionSet[]> {
  return [
    { name: 'BFCL live multiple', required: 79, questions: await leaderboardQuestions(data, collection, 'live') },
    { name: 'BFCL simple', required: 90, questions: await leaderboardQuestions(data, collection, 'simple') },
    { name: 'MetaTool', required: 38, questions: await pluginQuestions(data, collection) },
    { name: 'Chinese', required: 90, questions: chineseQuestions(collection) },
  ]
}

/** Our own questions: they need no data set. */
export function chineseQuestions(collection: ToolCollection): readonly Question[] {
  return chineseQueries.map(([query, tool]) => ({ query, right: collection.named('chinese', tool) }))
}

async function leaderboardQuestions(data: DataFolder, collection: ToolCollection, set: keyof typeof questionFiles): Promise<readonly Question[]> {
  const { questions, answers } = questionFiles[set]
  const rightNames = new Map(
    parseLines<LeaderboardAnswer>(await data.read(gorilla, answers)).map(({ id, ground_truth: [first = {}] }) => [id, Object.keys(first)[0] ?? '']),
  )
  return parseLines<LeaderboardQuestion>(await data.read(gorilla, questions)).map(({ id, question: [messages = []] }) => ({
    query: messages.flatMap(({ role, content }) => (role === 'user' ? [content] : [])).join('\n'),
    right: collection.named('bfcl', rightNames.get(id) ?? ''),
  }))
}

async function pluginQuestions(data: DataFolder, collection: ToolCollection): Promise<readonly Question[]> {
  const [, ...lines] = (await data.read(metaTool, metaToolFiles.questions)).trim().split('\n')
  const all = lines.map(parseRow).filter(({ right }) => right.size > 0)
  const step = all.length / metaToolQuestions
  return all.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step))

  function parseRow(line: string): Question {
    const comma = line.lastIndexOf(',')
    const query = line.slice(0, comma).replace(/^"|"$/g, '').replaceAll('""', '"')
    return { query, right: collection.named('metatool', line.slice(comma + 1).trim()) }
  }
}
