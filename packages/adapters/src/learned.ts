import type { Dispatcher, Message, ModelRequest } from '@capstan/core'
import type { EncodeMode, ModePatch } from './wire/encode-mode.ts'
import type { RequestChange } from './wire/request-change.ts'

/** What refusals and redirects of an endpoint have shown beyond its profile. It contains neither message texts nor keys. */
export interface Learned {
  patch: ModePatch
  /** Names of the changes that were made. */
  readonly done: Set<string>
  /** The path on the same origin to which the endpoint redirected, and how many redirects there were. */
  redirect: { readonly path: string; readonly count: number } | undefined
  /** Output limits of conversations whose context is nearly full, by their first message. */
  readonly rooms: WeakMap<Message, number>
}

const maxEndpoints = 1_000
const ofProcess = new Map<string, Learned>()
const ofTapes = new WeakMap<Dispatcher, Map<string, Learned>>()

/** What this process knows of an endpoint and model beyond the profile. A tape has a memory of its own, which is empty when it is opened. */
export function learnedOf(baseURL: string, model: string, dispatcher?: Dispatcher): Learned {
  const key = JSON.stringify([baseURL, model])
  const memory = dispatcher?.isTape === true ? memoryOf(dispatcher) : ofProcess
  let learned = memory.get(key)
  if (learned === undefined) {
    learned = { patch: {}, done: new Set(), redirect: undefined, rooms: new WeakMap() }
    if (memory.size >= maxEndpoints) memory.clear()
    memory.set(key, learned)
  }
  return learned
}

function memoryOf(tape: Dispatcher): Map<string, Learned> {
  let memory = ofTapes.get(tape)
  if (memory === undefined) {
    memory = new Map()
    ofTapes.set(tape, memory)
  }
  return memory
}

/** Finds the mode of a request: that of profile and settings, overridden by what was learned. */
export type ModeFinder = (request: ModelRequest, stream: boolean) => EncodeMode

interface KeptMode {
  readonly mode: EncodeMode
  readonly patch: ModePatch
  readonly room: number | undefined
}

/**
 * Makes the finder of one model.
 *
 * @param ownLimit - The output limit of the settings or the profile.
 * @returns A finder that returns the same object until something is learned, so that results derived from it can be cached.
 */
export function createModeFinder(base: (stream: boolean) => EncodeMode, learned: Learned, ownLimit: number | undefined): ModeFinder {
  const kept = new Map<boolean, KeptMode>()
  return ({ messages: [first], maxOutputTokens: asked }, stream) => {
    const { patch, rooms } = learned
    // A caller that sets limits by itself also decides when they end.
    if (first !== undefined && asked !== undefined) rooms.delete(first)
    const room = asked === undefined ? first && rooms.get(first) : Math.min(asked, ownLimit ?? asked)
    const before = kept.get(stream)
    if (before !== undefined && before.patch === patch && before.room === room) return before.mode
    const limits = [patch.maxOutputTokens, room].filter((limit) => limit !== undefined)
    const mode = { ...base(stream), ...patch, ...(limits.length > 0 && { maxOutputTokens: Math.min(...limits) }) }
    kept.set(stream, { mode, patch, room })
    return mode
  }
}

/** Keeps a change for later requests. */
export function keepChange(learned: Learned, { what, patch, scope }: RequestChange, { messages: [first] }: ModelRequest): void {
  if (scope === 'conversation') {
    if (first !== undefined && patch.maxOutputTokens !== undefined) learned.rooms.set(first, patch.maxOutputTokens)
    return
  }
  learned.done.add(what)
  learned.patch = { ...learned.patch, ...patch }
}
