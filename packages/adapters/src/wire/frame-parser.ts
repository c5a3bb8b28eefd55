import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'

/** A frame that was parsed, the one text in it that the next frames replace, and the JSON before and after that text. */
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

/** Most replies with tool calls have fewer frames than this, so that looking for a template would cost more than it saves. */
const plainFrames = 8
/** After so many frames in a row that differ elsewhere, no template is looked for any more and each frame is parsed completely. */
const maxMisses = 8

/**
 * Parses the frames of one stream. Successive frames mostly differ in one text. Where everything around that text equals, character by
 * character, a frame that was parsed before, only the text is parsed. The result is that of `JSON.parse`, in a fraction of its time.
 *
 * A returned frame is valid until the next call, which may return the same object with another text in it.
 */
export class FrameParser {
  #template: Template | undefined
  /** How many more frames are parsed completely before a template is looked for. */
  #plain: number
  #misses = 0

  constructor(plain: number = plainFrames) {
    this.#plain = plain
  }

  /** @throws {SyntaxError} As `JSON.parse` does. */
  parse(data: string): Json {
    const template = this.#template
    if (template !== undefined) {
      const { before, after, frame, slot } = template
      const end = data.length - after.length
      // Comparing slices takes a twentieth of the time of `startsWith` and `endsWith`, which compare character by character.
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

/** Characters that are escaped in a JSON string, or end it. */
const special = /["\\\p{Cc}]/u

/** The value of a JSON string with this content; `undefined` when the content is not that of one string. */
function textOf(content: string): string | undefined {
  // V8 copies a substring of fewer than 13 characters; a longer one would keep the complete received text in memory.
  if (content.length < 13 && !special.test(content)) return content
  try {
    return JSON.parse(`"${content}"`) as string
  } catch {
    return undefined
  }
}

/** A template, after a check that a frame with another text differs from this one only in that text. */
function templateOf(data: string, frame: Json): Template | undefined {
  const slot = slotOf(frame)
  if (slot === undefined || !isJsonObject(frame)) return undefined
  const text = slot.holder[slot.key]
  const quoted = JSON.stringify(text)
  const at = data.indexOf(quoted)
  // The text was not found exactly once, so this frame cannot be used; a later one may be.
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

/** The only text of a delta that is not empty: a field of the message, or the arguments of its only tool call. */
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
  // The frame was just parsed here, so that no other code holds a reference to it and it may be changed.
  if (input !== undefined && key === undefined) return { holder: input as Record<string, Json>, key: 'arguments' }
  return input === undefined && key !== undefined && texts.length === 1 ? { holder: delta as Record<string, Json>, key } : undefined
}
