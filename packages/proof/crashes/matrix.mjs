// The crash matrix: each point, for each effect, on each store, and kills at random moments.
import { isDeepStrictEqual } from 'node:util'
import { runToEnd } from './harness.mjs'
import { points } from './points.mjs'

export const effects = ['read', 'idempotent', 'once']
const afterApproval = /^P1[0-3]/
const interrupted = /^P(?:6|8|15)/
const unrecordedModel = /^P(?:3|12 last model answered)/

/** Every case of one store; `quick` leaves the ones that differ most. */
export function matrixOf(store, quick) {
  const names = Object.keys(points).filter((name) => !quick || /^P(?:3|6|8|10|15)/.test(name))
  const single = names.flatMap((name) => effects.map((effect) => ({ store, effect, name, plan: planOf(name) })))
  const twice = { name: 'P14 in the recovery, three times', plan: ['P4 model recorded', 'P1 the run exists', 'P7 tool recorded'].map((point) => ({ point })) }
  return [...single, ...effects.map((effect) => ({ store, effect, ...twice }))].filter(({ effect }) => !quick || effect !== 'read')
}

// What comes after the approval happens in the second process.
function planOf(point) {
  return afterApproval.test(point) ? [{}, { point }] : [{ point }]
}

/** What a case must show; `once` is never repeated, everything else at most once, with one key. */
export function expectedOf({ name, effect, plan }) {
  const isCut = interrupted.test(name)
  const isUnknown = effect === 'once' && (isCut || name.startsWith('P5'))
  return {
    kills: plan.filter(({ point }) => point).length,
    models: unrecordedModel.test(name) ? 4 : 3,
    effects: isCut && effect !== 'once' ? 2 : 1,
    keys: 1,
    payments: 1,
    unknown: isUnknown ? 1 : 0,
    repeatedRecords: 0,
    isSame: true,
  }
}

/** Runs a case and counts what happened outside. */
export async function runCase(crash, undisturbed, toEnd = runToEnd) {
  return observe(await toEnd(crash), undisturbed)
}

export function observe({ kills, unknown, result, outside, records }, undisturbed) {
  const works = outside.filter((line) => line.startsWith('effect work '))
  return {
    kills,
    models: outside.filter((line) => line.startsWith('model ')).length,
    effects: works.length,
    keys: new Set(works).size,
    payments: outside.filter((line) => line.startsWith('effect pay ')).length,
    unknown,
    repeatedRecords: records.length - new Set(records).size,
    isSame: isDeepStrictEqual([result.text, result.messages, result.toolCalls], [undisturbed.text, undisturbed.messages, undisturbed.toolCalls]),
  }
}

/** Kills a run at random moments, up to three times; what must hold whatever the moments were. */
export async function runRandom({ store, seed, withinMs = 45 }, undisturbed, toEnd = runToEnd) {
  const random = randomOf(seed)
  const effect = effects[seed % effects.length]
  const plan = Array.from({ length: 1 + (seed % 3) }, () => ({ killAfterMs: Math.floor(random() * withinMs) }))
  const seen = observe(await toEnd({ store, effect, plan, slow: true }), undisturbed)
  const most = effect === 'once' ? 1 : 1 + seen.kills
  const isRight = seen.effects >= 1 && seen.effects <= most && seen.keys === 1 && seen.payments === 1 && seen.models <= 3 + seen.kills
  return { effect, ...seen, isRight: isRight && seen.repeatedRecords === 0 && seen.isSame }
}

/** Mulberry32: the same numbers for the same seed. */
function randomOf(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
