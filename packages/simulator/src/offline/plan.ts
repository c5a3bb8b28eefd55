import type { Json, JsonObject } from '../json.ts'
import { type Binding, bindTools } from './bind-wish.ts'
import { type CallResult, type Conversation, callKey, type OfflineTool } from './conversation.ts'
import { findFacts } from './facts.ts'
import { fillSchema } from './fill-parameters.ts'
import { findDates } from './find-dates.ts'
import { findFileWork, findTimes } from './find-others.ts'
import { findSums } from './find-sums.ts'
import { matchTools } from './match-tools.ts'
import { judgeOutput } from './tool-output.ts'
import { blank, neededBy, type Wish, type WishKind } from './wish.ts'

/** One thing to do: a call, and what is known of it. */
export interface Intent {
  readonly kind: WishKind | 'tool'
  readonly tool: OfflineTool
  /** `undefined` while it waits for an earlier result. */
  readonly input: Json | undefined
  readonly values: Wish['values']
  readonly phrase: string
  readonly reason: string
  readonly result: CallResult | undefined
  /** Why it can never be called: what it waits for failed or does not exist. */
  readonly isBlocked: boolean
}

const CLAUSE_END =
  /(?<=[.?!;。？！；])\s{1,4}(?=\S)|(?<=[。？！；])|,?\s{1,4}(?:and )?then\s{1,4}|,\s{1,4}and\s{1,4}(?:also\s{1,4})?|\s{1,4}and\s{1,4}(?=(?:read|open|list|search|find|show|tell|count|convert|multiply|divide|add|subtract|what|which|how)\b)|\n+/i

const REASONS: Readonly<Record<WishKind, string>> = {
  calculate: 'a sum',
  'date-difference': 'a time between two dates',
  'date-add': 'a date some time before or after another',
  weekday: 'the weekday of a date',
  'convert-time': 'a time in another zone',
  'list-files': 'a list of files',
  'read-file': 'a file to read',
  'search-files': 'a search in files',
}

/**
 * Plans the whole task, from the first word to the last, with the results that are there.
 * The plan is made anew for each request, so that it never depends on anything but the messages.
 */
export function makePlan(conversation: Conversation): readonly Intent[] {
  const bindings = bindTools(conversation.tools)
  const bound = new Set(bindings.map(({ tool }) => tool))
  const free = conversation.tools.filter((tool) => !bound.has(tool) && !isFinishTool(tool))
  const intents: Intent[] = []
  for (const clause of conversation.task.split(CLAUSE_END)) {
    const { wishes, rest } = findWishes(clause, bindings)
    for (const { wish, binding } of wishes) intents.push(intentOf(wish, binding, { conversation, earlier: intents }))
    for (const call of matchTools(rest, free)) intents.push(toolIntent(call, rest, conversation))
  }
  return withoutRepeats(intents)
}

/** A tool that takes the final answer, such as those that ask for structured output. */
export function isFinishTool(tool: OfflineTool): boolean {
  return (
    /^(?:final_?(?:answer|output|result|response)|submit(?:_\w+)?|respond|answer|output|json|structured_output|return_result)$/i.test(tool.name) ||
    /\bfinal (?:answer|output|result|response)\b/i.test(tool.description)
  )
}

/** A call to a tool, with input made up from its schema where the words give none. */
export function forcedIntent(tool: OfflineTool, text: string, conversation: Conversation): Intent {
  const input = fillSchema(tool.schema, findFacts(text))
  return { ...toolIntent({ tool, input, reason: 'a call is required' }, text, conversation), result: undefined }
}

interface BoundWish {
  readonly wish: Wish
  readonly binding: Binding
}

/** Finds the wishes of a clause for which there is a tool, in the order of the words. */
function findWishes(clause: string, bindings: readonly Binding[]): { readonly wishes: readonly BoundWish[]; readonly rest: string } {
  let rest = clause
  const wishes: BoundWish[] = []
  // Dates come first: 2026-11-21 is no subtraction.
  for (const find of [findDates, findTimes, findFileWork, findSums]) {
    const found = find(find === findSums ? rest.replace(/\d{4}-\d{2}-\d{2}/g, '          ') : rest)
    for (const wish of found) {
      const binding = bindings.find(({ kind }) => kind === wish.kind)
      if (binding === undefined || !knowsToday(binding, wish)) continue
      wishes.push({ wish, binding })
      rest = blank(rest, wish.start, wish.end)
    }
  }
  return { wishes: wishes.sort((left, right) => left.wish.start - right.wish.start), rest }
}

/** The rules have no clock: "today" and "now" can only be meant where the tool says that it knows them. */
function knowsToday({ tool }: Binding, { values }: Wish): boolean {
  const words = Object.values(values).filter((value) => value === 'today' || value === 'now')
  const said = [tool.description, ...tool.parameters.map(({ description }) => description)].join(' ')
  return words.every((word) => new RegExp(`\\b${word}\\b`, 'i').test(said))
}

interface Surroundings {
  readonly conversation: Conversation
  readonly earlier: readonly Intent[]
}

function intentOf(wish: Wish, { kind, tool, input }: Binding, surroundings: Surroundings): Intent {
  const base = { kind, tool, phrase: wish.phrase, reason: REASONS[kind] }
  const needed = neededBy(wish)
  const known = needed === undefined ? undefined : lookUp(needed, surroundings)
  if (known !== undefined && known.state !== 'known') {
    return { ...base, input: undefined, values: wish.values, result: undefined, isBlocked: known.state === 'missing' }
  }
  const values = known === undefined ? wish.values : replaceHolders(wish.values, known.value)
  const made = input(values)
  const result = findResult(tool, made, surroundings.conversation)
  return { ...base, input: made, values, result: result && { ...result, output: judgeOutput(kind, result.output) }, isBlocked: false }
}

type Known = { readonly state: 'known'; readonly value: string } | { readonly state: 'waiting' } | { readonly state: 'missing' }

/** What "that date" or "the result" means: the last thing of the plan that gives one, or else the last result of the history. */
function lookUp(needed: 'number' | 'date', { conversation, earlier }: Surroundings): Known {
  const givers = earlier.filter(({ kind }) => (needed === 'date' ? kind === 'date-add' : kind === 'calculate' || kind === 'date-difference'))
  const giver = givers.at(-1) ?? earlier.findLast(({ kind }) => kind === 'tool')
  if (giver === undefined) {
    const found = conversation.results.findLast(({ output }) => !output.isError && output[needed] !== undefined)?.output[needed]
    return found === undefined ? { state: 'missing' } : { state: 'known', value: found }
  }
  if (giver.result === undefined) return { state: giver.isBlocked ? 'missing' : 'waiting' }
  const value = giver.result.output.isError ? undefined : giver.result.output[needed]
  return value === undefined ? { state: 'missing' } : { state: 'known', value }
}

function replaceHolders(values: Wish['values'], known: string): Wish['values'] {
  const replaced = Object.entries(values).map(([role, value]) => [role, typeof value === 'string' ? value.replace(/\{(?:number|date)\}/g, known) : value])
  return Object.fromEntries(replaced)
}

function toolIntent(call: { tool: OfflineTool; input: Json; reason: string }, phrase: string, conversation: Conversation): Intent {
  const { tool, input, reason } = call
  return { kind: 'tool', tool, input, values: {}, phrase: phrase.trim(), reason, result: findResult(tool, input, conversation), isBlocked: false }
}

function findResult(tool: OfflineTool, input: Json, { results }: Conversation): CallResult | undefined {
  const key = callKey(tool.name, input)
  return results.findLast((result) => callKey(result.name, result.input) === key)
}

function withoutRepeats(intents: readonly Intent[]): readonly Intent[] {
  const seen = new Set<string>()
  return intents.filter(({ tool, input }) => {
    if (input === undefined) return true
    const key = callKey(tool.name, input)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** The input of an intent as an object, for words. */
export function inputFields({ input }: Intent): JsonObject {
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? (input as JsonObject) : {}
}
