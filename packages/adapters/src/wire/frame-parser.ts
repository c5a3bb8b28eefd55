import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'

/** Where the frames of a stream differ: a text in the frame that was parsed last, and the text of the frame around it. */
interface Template {
  readonly before: string
  readonly after: string
  readonly frame: JsonObject
  readonly slot: Slot
}

interface Slot {
  readonly holder: Record<string, Json>
  readonly key: string
}

/** Most answers with calls are shorter than this: looking for a template would cost more than it saves. */
const plainFrames = 8
/** Frames that differ elsewhere each time are parsed as a whole; after so many in a row nobody looks for a template any more. */
const maxMisses = 8

/**
 * Parses the frames of one stream. They mostly say the same but for one text, so only that text is read where everything around it
 * equals, character by character, what was parsed before: the result is that of `JSON.parse`, in a fraction of its time.
 *
 * The frame it returns is good until the next one: it is the same object, with another text in it.
 */
export class FrameParser {
  #template: Template | undefined
  /** Frames to parse as a whole before a template is looked for. */
  #plain: number
  #misses = 0

  constructor(plain: number = plainFrames) {
    this.#plain = plain
  }

  /** @throws {SyntaxError} As `JSON.parse`. */
  parse(data: string): Json {
    const template = this.#template
    if (template !== undefined) {
      const { before, after, frame, slot } = template
      const end = data.length - after.length
      // Comparing slices takes a twentieth of the time of `startsWith` and `endsWith`, which go character by character.
      if (end >= before.length && data.slice(0, before.length) === before && data.slice(end) === after) {
        const text = textOf(data.slice(before.length, end))
        if (text !== undefined) {
          this.#misses = 0
          slot.holder[slot.key] = text
          return frame
        }
      }
    }
    // JSON.parse returns JSON.
    const frame = JSON.parse(data) as Json
    if (this.#plain > 0) this.#plain--
    else if (this.#misses < maxMisses) {
      this.#misses++
      this.#template = templateOf(data, frame)
    }
    return frame
  }
}

/** What needs an escape, or ends a text. */
const special = /["\\\p{Cc}]/u

/** What a JSON string with this inside says; `undefined` when it would not be one string. */
function textOf(inside: string): string | undefined {
  // A part of so few characters is a copy; a longer one would keep all that was received with it in memory.
  if (inside.length < 13 && !special.test(inside)) return inside
  try {
    return JSON.parse(`"${inside}"`) as string
  } catch {
    return undefined
  }
}

/** A template that was tried: with another text in its place, the frame differs in that text alone. */
function templateOf(data: string, frame: Json): Template | undefined {
  const slot = slotOf(frame)
  if (slot === undefined || !isJsonObject(frame)) return undefined
  const text = slot.holder[slot.key]
  const quoted = JSON.stringify(text)
  const at = data.indexOf(quoted)
  // Written otherwise, or there more than once: another frame will do.
  if (at === -1 || data.indexOf(quoted, at + 1) !== -1) return undefined
  const before = data.slice(0, at + 1)
  const after = data.slice(at + quoted.length - 1)
  const probe = JSON.parse(`${before}${text === probeText ? `${probeText}!` : probeText}${after}`) as Json
  const probed = slotOf(probe)
  if (probed === undefined || probed.holder[probed.key] === text) return undefined
  probed.holder[probed.key] = text ?? ''
  return JSON.stringify(probe) === JSON.stringify(frame) ? { before, after, frame, slot } : undefined
}

const probeText = 'probe'

/** The one text of a delta that is not empty: of a message, or the arguments of its one tool call. */
function slotOf(frame: Json): Slot | undefined {
  const choices = isJsonObject(frame) ? frame['choices'] : undefined
  const choice: Json | undefined = Array.isArray(choices) && choices.length === 1 ? choices[0] : undefined
  const delta = isJsonObject(choice) ? choice['delta'] : undefined
  if (!isJsonObject(delta)) return undefined
  const { tool_calls: calls, ...fields } = delta
  const call: Json | undefined = Array.isArray(calls) && calls.length === 1 ? calls[0] : undefined
  const called = isJsonObject(call) ? call['function'] : undefined
  const texts = Object.keys(fields).filter((key) => key !== 'role' && typeof delta[key] === 'string' && delta[key] !== '')
  const input = isJsonObject(called) && typeof called['arguments'] === 'string' && called['arguments'] !== '' ? called : undefined
  const [key] = texts
  // The frame was just parsed here: nobody else holds it.
  if (input !== undefined && key === undefined) return { holder: input as Record<string, Json>, key: 'arguments' }
  return input === undefined && key !== undefined && texts.length === 1 ? { holder: delta as Record<string, Json>, key } : undefined
}
