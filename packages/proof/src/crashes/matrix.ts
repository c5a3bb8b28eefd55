import { isDeepStrictEqual } from 'node:util'
import type { ToolEffect } from '@capstan/core'
import { createRandom } from '../lab/random.ts'
import type { Crash, Death, EndedRun, RunReport, RunToEnd } from './crash.ts'
import { points } from './points.ts'

export const effects: readonly ToolEffect[] = ['read', 'idempotent', 'once']

/** One row of the crash matrix. */
export interface MatrixCrash extends Crash {
  readonly name: string
  readonly plan: readonly Death[]
}

/** What was seen of a crash, and what must be seen. */
export interface Seen {
  readonly kills: number
  /** Requests to the model. */
  readonly models: number
  /** Effects of the tool under test, and their different keys. */
  readonly effects: number
  readonly keys: number
  readonly payments: number
  readonly unknown: number
  readonly repeatedRecords: number
  /** True when the result is that of a run without a crash, and the result that was kept could be read. */
  readonly isSame: boolean
}

const afterApproval = /^P1[0-3]/
const interrupted = /^P(?:6|8|15)/
const unrecordedModel = /^P(?:3|12 last model answered)/
const mostDifferent = /^P(?:3|6|8|10|14|15|16)/

/** The rows of the matrix: each point, for each effect; `quick` keeps those that differ most. */
export function matrixOf(quick: boolean): readonly MatrixCrash[] {
  const single = Object.keys(points).map((name) => ({ name, plan: planOf(name) }))
  const recovery = ['P4 model recorded', 'P1 the run exists', 'P7 tool recorded']
  const twice = { name: 'P14 in the recovery, three times', plan: recovery.map((point) => ({ point })) }
  const changed = {
    name: 'P16 tool recorded, other prices and options since the model',
    plan: ['P4 model recorded', 'P7 tool recorded'].map((point) => ({ point })),
    changes: true,
  }
  return [...single, twice, changed]
    .flatMap((row) => effects.map((effect) => ({ effect, ...row })))
    .filter(({ name, effect }) => !quick || (mostDifferent.test(name) && effect !== 'read'))
}

// What follows the approval happens in the second process.
function planOf(point: string): readonly Death[] {
  return afterApproval.test(point) ? [{}, { point }] : [{ point }]
}

/** What a row must show: a `once` tool is never repeated, everything else is repeated at most once, with the same key. */
export function expectedOf({ name, effect, plan }: MatrixCrash): Seen {
  const isCut = interrupted.test(name)
  const isUnknown = effect === 'once' && (isCut || name.startsWith('P5'))
  return {
    kills: plan.filter(({ point }) => point !== undefined).length,
    models: unrecordedModel.test(name) ? 4 : 3,
    effects: isCut && effect !== 'once' ? 2 : 1,
    keys: 1,
    payments: 1,
    unknown: isUnknown ? 1 : 0,
    repeatedRecords: 0,
    isSame: true,
  }
}

/** Counts what happened outside, and compares the result with that of a run without a crash. */
export function observe({ kills, unknown, result, outside, records }: RunReport, undisturbed: EndedRun): Seen {
  const works = outside.filter((line) => line.startsWith('effect work '))
  return {
    kills,
    models: outside.filter((line) => line.startsWith('model ')).length,
    effects: works.length,
    keys: new Set(works).size,
    payments: outside.filter((line) => line.startsWith('effect pay ')).length,
    unknown,
    repeatedRecords: records.length - new Set(records).size,
    isSame: isDeepStrictEqual(withoutRunIds(result), withoutRunIds(undisturbed)) && hasReadKept(result),
  }
}

function hasReadKept({ messages }: EndedRun): boolean {
  return messages.some(
    ({ role, content }) => role === 'tool' && content.some(({ toolName, text }) => toolName === 'read_result' && text.includes('1: second is done...')),
  )
}

/** What is compared of two runs: each has an id of its own on an engine, and the keys of its results have it. */
export function withoutRunIds({ text, messages, toolCalls }: EndedRun): unknown {
  return [text, JSON.parse(JSON.stringify(messages, (name, value: unknown) => (name === 'runId' ? '' : value))), toolCalls]
}

export interface RandomCrash {
  readonly seed: number
  /** How long after its start a process may be killed, in milliseconds. */
  readonly withinMs: number
}

/** What was seen of kills at random moments. `isRight`: what must hold for all moments does hold. */
export async function runRandom(
  { seed, withinMs }: RandomCrash,
  undisturbed: EndedRun,
  toEnd: RunToEnd,
): Promise<Seen & { effect: ToolEffect; isRight: boolean }> {
  const random = createRandom(seed)
  const effect = effects[seed % effects.length] ?? 'once'
  const plan = Array.from({ length: 1 + (seed % 3) }, () => ({ killAfterMs: random.below(withinMs) }))
  const seen = observe(await toEnd({ effect, plan, slow: true }), undisturbed)
  const most = effect === 'once' ? 1 : 1 + seen.kills
  const isCounted = seen.effects >= 1 && seen.effects <= most && seen.keys === 1 && seen.payments === 1 && seen.models <= 3 + seen.kills
  return { effect, ...seen, isRight: isCounted && seen.repeatedRecords === 0 && seen.isSame }
}

/** One line about what was seen. */
export function wordsOf({ kills, models, effects, keys, payments, unknown, isSame }: Seen): string {
  const result = isSame ? 'same result' : 'ANOTHER result'
  return `kills ${kills}, requests ${models}, effects ${effects} with ${keys} key, payments ${payments}, unknown ${unknown}, ${result}`
}
