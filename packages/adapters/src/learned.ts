import type { Message, ModelRequest } from '@capstan/core'
import type { EncodeMode, ModePatch } from './wire/encode-mode.ts'
import type { Repair } from './wire/heal.ts'

/** What an endpoint has shown that its profile does not say. It holds no text and no key. */
export interface Learned {
  patch: ModePatch
  /** What was repaired. */
  readonly done: Set<string>
  /** Where the endpoint has redirected to, on the same origin, and how often. */
  redirect: { readonly path: string; readonly count: number } | undefined
  /** Output limits of conversations whose context is nearly full, by their first message. */
  readonly rooms: WeakMap<Message, number>
}

const maxEntries = 1_000
const memory = new Map<string, Learned>()

/** What is known of an endpoint and model in this process, beyond the profile. */
export function learnedOf(baseURL: string, model: string): Learned {
  const key = JSON.stringify([baseURL, model])
  let learned = memory.get(key)
  if (learned === undefined) {
    learned = { patch: {}, done: new Set(), redirect: undefined, rooms: new WeakMap() }
    if (memory.size >= maxEntries) memory.clear()
    memory.set(key, learned)
  }
  return learned
}

/** Finds the mode of a request: the one of the profile and the settings, and what was learned over it. */
export type ModeFinder = (request: ModelRequest, stream: boolean) => EncodeMode

interface KeptMode {
  readonly mode: EncodeMode
  readonly patch: ModePatch
  readonly room: number | undefined
}

/** Makes the finder of one model. It gives the same object until something is learned, so that what follows from it can be kept. */
export function createModeFinder(base: (stream: boolean) => EncodeMode, learned: Learned): ModeFinder {
  const kept = new Map<boolean, KeptMode>()
  return ({ messages: [first] }, stream) => {
    const { patch, rooms } = learned
    const room = first === undefined ? undefined : rooms.get(first)
    const before = kept.get(stream)
    if (before !== undefined && before.patch === patch && before.room === room) return before.mode
    const limits = [patch.maxOutputTokens, room].filter((limit) => limit !== undefined)
    const mode = { ...base(stream), ...patch, ...(limits.length > 0 && { maxOutputTokens: Math.min(...limits) }) }
    kept.set(stream, { mode, patch, room })
    return mode
  }
}

/** Keeps a repair for later requests. */
export function keepRepair(learned: Learned, { what, patch, scope }: Repair, { messages: [first] }: ModelRequest): void {
  if (scope === 'conversation') {
    if (first !== undefined && patch.maxOutputTokens !== undefined) learned.rooms.set(first, patch.maxOutputTokens)
    return
  }
  learned.done.add(what)
  learned.patch = { ...learned.patch, ...patch }
}
