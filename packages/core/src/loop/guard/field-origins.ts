import type { FieldOrigin } from '../../contract/flow.ts'
import { isJsonObject, type Json } from '../../contract/json.ts'
import { toPointer } from '../../contract/schema-types.ts'
import { nextTurn } from '../../contract/turns.ts'
import type { RecordedReference } from '../../durability/records.ts'
import { isNamed } from './named-target.ts'
import type { ReadText } from './read-texts.ts'

/** What the fields of an input are compared with. */
export interface KnownTexts {
  readonly user: readonly string[]
  readonly read: readonly ReadText[]
}

/** Characters that are looked through for all fields together: about a second. */
const maxCharacters = 500_000_000
const charactersOfTurn = 20_000_000
const maxSources = 5
/** A line of a longer text that is found elsewhere was taken from there. */
const minLineCharacters = 16

/**
 * Says for each field of an input where it was found.
 *
 * @param references - Fields that are given by reference: they come from these results.
 */
export async function fieldOrigins(value: Json, references: readonly RecordedReference[], known: KnownTexts): Promise<readonly FieldOrigin[]> {
  const search = new Search(known)
  const origins: FieldOrigin[] = []
  for (const { at, text } of fieldsOf(value)) {
    const reference = references.find((given) => at === given.at || at.startsWith(`${given.at}/`))
    origins.push({ at, ...(reference === undefined ? await search.originOf(text) : search.originOfResult(reference.id)) })
  }
  return origins
}

type Origin = Omit<FieldOrigin, 'at'>

class Search {
  readonly #known: KnownTexts
  #looked = 0
  #untilTurn = charactersOfTurn

  /** Secret results by what looks like a secret in them. */
  readonly #bySecretWord = new Map<string, ReadText>()

  constructor(known: KnownTexts) {
    this.#known = known
    for (const read of known.read.filter(isSecret)) for (const word of secretWords(read.text)) this.#bySecretWord.set(word, read)
  }

  originOfResult(id: string): Origin {
    const found = this.#known.read.filter((read) => read.id === id)
    return { from: found.some(isSecret) ? 'secret' : found.some(isUntrusted) ? 'untrusted' : 'tool', sources: [id] }
  }

  async originOf(text: string): Promise<Origin> {
    if (text.trim() === '') return { from: 'model' }
    const pieces = piecesOf(text)
    const found: ReadText[] = []
    for (const read of this.#known.read) {
      if (!(await this.#mayLook(read.text.length * pieces.length))) return { from: 'unknown' }
      // Where it cannot be told, what others wrote counts as the origin.
      if (pieces.some((piece) => has(read.text, piece, read.labels.length > 0))) found.push(read)
    }
    const isOfUser = this.#known.user.some((given) => has(given, text))
    const carried = secretWords(text).flatMap((word) => this.#bySecretWord.get(word) ?? [])
    const secret = [...found.filter(isSecret), ...carried]
    if (secret.length > 0) return { from: 'secret', ...sourcesOf(secret) }
    if (isOfUser) return { from: 'user', ...sourcesOf(found.filter(isUntrusted)) }
    const untrusted = found.filter(isUntrusted)
    if (untrusted.length > 0) return { from: 'untrusted', ...sourcesOf(untrusted) }
    // A line of a trusted result says nothing about the rest of a text.
    const whole = found.filter((read) => has(read.text, text))
    return whole.length > 0 ? { from: 'tool', ...sourcesOf(whole) } : { from: 'model' }
  }

  async #mayLook(characters: number): Promise<boolean> {
    this.#looked += characters
    if (this.#looked > maxCharacters) return false
    if (this.#looked > this.#untilTurn) {
      this.#untilTurn = this.#looked + charactersOfTurn
      await nextTurn()
    }
    return true
  }
}

function isSecret({ labels }: ReadText): boolean {
  return labels.includes('secret')
}

function isUntrusted({ labels }: ReadText): boolean {
  return labels.includes('untrusted')
}

function sourcesOf(found: readonly ReadText[]): Pick<FieldOrigin, 'sources'> {
  const ids = [...new Set(found.map(({ id }) => id))]
  return ids.length === 0 ? {} : { sources: ids.slice(0, maxSources) }
}

// A short text is in any long one by chance, so it has to be there as a word.
function has(text: string, piece: string, inTooMany = false): boolean {
  return piece.length < minLineCharacters ? isNamed(piece, text, inTooMany) : text.includes(piece)
}

/** Words that look like keys, codes or numbers: a longer text may carry them. */
function secretWords(text: string): readonly string[] {
  return text.split(/[\s"'`,;:=&?/<>()[\]{}]+/).filter((word) => word.length >= 20 || (word.length >= 6 && /\d/.test(word)))
}

/** The text itself, and its longer lines. */
function piecesOf(text: string): readonly string[] {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim())
  return [text, ...lines.filter((line) => line.length >= minLineCharacters && line !== text)]
}

interface OpenField {
  readonly value: Json
  readonly position: readonly (string | number)[]
}

function* fieldsOf(whole: Json): Generator<{ readonly at: string; readonly text: string }> {
  const open: OpenField[] = [{ value: whole, position: [] }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, position } = next
    const inner = Array.isArray(value) ? [...value.entries()] : isJsonObject(value) ? Object.entries(value) : []
    if (inner.length === 0) yield { at: toPointer(position), text: typeof value === 'string' ? value : JSON.stringify(value) }
    for (const [key, item] of inner.toReversed()) open.push({ value: item ?? null, position: [...position, key] })
  }
}
