import { createHash } from 'node:crypto'
import { type Answers, answer, approve, deny, type Json, type JsonObject, type PendingQuestion } from 'capstan'
import { visibleJson } from './visible-text.ts'

type Given = Answers[string]

/** What a person wrote about a question: `yes 1a2b`. */
export interface Decision {
  readonly word: Word
  readonly shortId: string
  /** What came after the id: a reason, or an answer. */
  readonly rest: string
}

const meanings = {
  yes: () => approve(),
  no: (reason: string) => deny(reason || undefined),
  answer: (text: string) => answer(text),
  done: (output: string): Given => ({ output }),
  failed: (reason: string): Given => ({ failed: reason || 'It failed.' }),
  again: (): Given => ({ repeat: true }),
} satisfies Readonly<Record<string, (rest: string) => Given>>

type Word = keyof typeof meanings

/** The words that answer a question, by its type. Of a tool that asks something `answer` gives the text. */
const wordsFor: Readonly<Record<string, readonly Word[]>> = {
  approval: ['yes', 'no'],
  question: ['answer', 'no'],
  outcome: ['done', 'failed', 'again'],
}

/** Reads `yes 1a2b` or `no 1a2b too early`; `undefined` for other text. */
export function readDecision(text: string): Decision | undefined {
  const [, word = '', shortId = '', rest = ''] = /^\s*(yes|no|answer|done|failed|again)\s+([0-9a-f]{4,64})\b\s*(.*?)\s*$/is.exec(text) ?? []
  return shortId === '' ? undefined : { word: word.toLowerCase() as Word, shortId: shortId.toLowerCase(), rest }
}

/** Which question a decision is about, and what it means; a text for its author when it cannot be used. */
export function resolveDecision({ word, shortId, rest }: Decision, open: readonly PendingQuestion[]): { question: PendingQuestion; given: Given } | string {
  const [question, ...others] = open.filter(({ id }) => hashOf(id).startsWith(shortId))
  if (question === undefined) return `There is no open question ${shortId} here.`
  if (others.length > 0) return `More than one question begins with ${shortId}: write more of its id.`
  const words = wordsOf(question)
  if (!words.includes(word)) return `${shortId} takes ${words.join(' or ')}.`
  return { question, given: meanings[word](rest) }
}

/** The beginning of a hash of the id: at least four characters, and as many as tell the open questions of the channel apart. */
export function shortIdOf({ id }: PendingQuestion, open: readonly PendingQuestion[]): string {
  const hash = hashOf(id)
  const others = open.filter((question) => question.id !== id).map((question) => hashOf(question.id))
  let length = 4
  while (others.some((other) => other.startsWith(hash.slice(0, length))) && length < hash.length) length += 2
  return hash.slice(0, length)
}

/** What people may see of a question. `isTooLong`: not everything fits, so it must not be approved here. */
export interface ShownQuestion {
  readonly text: string
  readonly isTooLong: boolean
}

/** How questions are shown. */
export interface QuestionRoom {
  readonly maxCharacters: number
  /** Who may answer: `owners`. */
  readonly deciders: string
}

/** Shows all that an approval binds to, one line for each field. Text of a model cannot look like another line, because values are JSON. */
export function showQuestion(question: PendingQuestion, open: readonly PendingQuestion[], { maxCharacters, deciders }: QuestionRoom): ShownQuestion {
  const { type, toolName, agent, input, value, question: asked, references, flow, origins } = objectOf(question.about)
  const id = shortIdOf(question, open)
  const lines = Object.entries({ question: asked, input, value, references }).flatMap(([name, field]) =>
    field === undefined ? [] : [`${name}: ${visibleJson(field)}`],
  )
  const by = agent === undefined ? '' : `, called by the agent ${visibleJson(agent)}`
  const head = `${type === 'outcome' ? 'Nobody knows whether this call was done:' : 'May this call run?'} ${visibleJson(toolName)}${by}`
  const ways = wordsOf(question).map((word) => `${word} ${id}`)
  const last = `Write: ${ways.join(', or ')}. Only ${deciders} may decide.`
  const text = [head, ...lines, ...whyLines(flow, origins), last].map((line) => `[${id}] ${line}`).join('\n')
  if (text.length <= maxCharacters) return { isTooLong: false, text }
  return { isTooLong: true, text: `[${id}] A call of ${visibleJson(toolName)} is too long to be shown here, so here it can only be denied: no ${id}` }
}

/** Why the guard asks, and where the fields come from. */
function whyLines(flow: Json | undefined, origins: Json | undefined): readonly string[] {
  const { reaches = [], targets = [] } = objectOf(flow ?? null)
  const why =
    flow === undefined
      ? []
      : [`asked because it reaches ${visibleJson(reaches)}, and others wrote what the model has read; destinations: ${visibleJson(targets)}`]
  const from = Array.isArray(origins)
    ? origins.map((origin) => objectOf(origin)).map(({ at, from: source }) => `${visibleJson(at)} comes from: ${String(source)}`)
    : []
  return [...why, ...from]
}

function wordsOf({ about }: PendingQuestion): readonly Word[] {
  return wordsFor[String(objectOf(about)['type'])] ?? ['no']
}

function objectOf(value: Json): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

function hashOf(id: string): string {
  return createHash('sha256').update(id).digest('hex')
}
