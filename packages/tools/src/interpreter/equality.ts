import type { Json } from '@capstan/core'
import { isJsonObject, type Steps } from '@capstan/core/internal'
import type { Work } from './work.ts'

/** Canonical texts of values, by which equal values are found without comparing all pairs. */
export class CanonicalTexts {
  readonly #work: Work
  readonly #texts = new WeakMap<object, string>()

  constructor(work: Work) {
    this.#work = work
  }

  /** A text that two values share if and only if they are equal, in any order of their keys. */
  *of(value: Json): Steps<string> {
    if (typeof value !== 'object' || value === null) return primitiveText(value)
    const known = this.#texts.get(value)
    if (known !== undefined) return known
    const parts: string[] = []
    for (const key of isJsonObject(value) ? Object.keys(value).sort() : value.keys()) {
      const child = (value as Readonly<Record<string, Json>>)[key] ?? null // items are read by key, too
      const text = typeof child === 'object' && child !== null ? yield* this.of(child) : primitiveText(child)
      parts.push(typeof key === 'number' ? text : `${JSON.stringify(key)}:${text}`)
      if (this.#work.spend(1 + (text.length >> 4))) yield
    }
    const text = isJsonObject(value) ? `{${parts.join()}}` : `[${parts.join()}]`
    this.#texts.set(value, text)
    return text
  }
}

function primitiveText(value: string | number | boolean | null): string {
  // 0 and -0 are the same number.
  return JSON.stringify(value === 0 ? 0 : value)
}
