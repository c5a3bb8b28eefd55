import type { Message } from '../../contract/messages.ts'
import type { Usage } from '../../contract/usage.ts'
import { charactersOf, charactersOfHead, defaultRate, measureRate, type RequestHead } from '../../history/sizes.ts'
import { stubTokens } from '../../history/stubs.ts'

/** Shorter results stay: their stubs would save nothing. */
const minTokens = 100
/** Also in characters: the line that takes its place is always shorter. */
const minCharacters = 400

/** A result of a tool that may be cleared once it is old enough. Sizes and positions are tokens. */
interface Candidate {
  /** Position of its message in what is sent. */
  readonly at: number
  /** Its step, counted from the first message. */
  readonly step: number
  readonly characters: number
  readonly tokens: number
  /** Tokens before it. */
  before: number
}

/** A result whose size no usage has told yet. */
interface Pending extends Pick<Candidate, 'at' | 'step' | 'characters'> {
  /** Characters before it that no usage has told either. */
  readonly position: number
}

/** What clearing would change, in tokens. */
export interface ClearableSize {
  readonly clearable: number
  /** From the first result that may be cleared to the end. */
  readonly fromFirst: number
}

/**
 * The sizes of what is sent, in tokens. Each reply reports how many its request had, so what came between two replies is known exactly; only what is
 * newer is estimated, with the tokens of a character as measured in this run. Each message is counted once.
 */
export class HistorySizes {
  #head: RequestHead
  #headCharacters: number
  /** Tokens of a character, of the complete request. */
  #rate = defaultRate
  #messages = 0
  #characters = 0
  #steps = 0
  /** Tokens that the last usage told: of a request and its reply. */
  #known = 0
  /** Characters since then. */
  #newCharacters: number
  /** True when `known` has the tokens of the next assistant message. */
  #hasReply = false
  /** True when what the next usage tells cannot be compared with the last one. */
  #isChanged = false
  #modelIndex: number | undefined
  #pending: Pending[] = []
  #candidates: Candidate[] = []
  /** The first candidates, so many, are old enough. */
  #oldEnough = 0
  #clearable = 0

  constructor(head: RequestHead) {
    this.#head = head
    this.#headCharacters = charactersOfHead(head)
    this.#newCharacters = this.#headCharacters
  }

  /** Tokens of a character. */
  get rate(): number {
    return this.#rate
  }

  /** Steps in what is sent. */
  get steps(): number {
    return this.#steps
  }

  /** Tokens of the next request. */
  get tokens(): number {
    return Math.max(0, Math.round(this.#known + this.#newCharacters * this.#rate))
  }

  /** What the next request sends before its messages. */
  setHead(head: RequestHead): void {
    if (head.instructions === this.#head.instructions && head.tools === this.#head.tools) return
    const characters = charactersOfHead(head)
    this.#known += (characters - this.#headCharacters) * this.#rate
    this.#headCharacters = characters
    this.#head = head
    this.#isChanged = true
  }

  /** Counts a message that is sent from now on. */
  take(message: Message, isPinned: boolean): void {
    const characters = charactersOf(message)
    const position = this.#newCharacters
    this.#characters += characters
    if (message.role === 'assistant') {
      this.#steps++
      if (!this.#hasReply) this.#newCharacters += characters
      this.#hasReply = false
    } else this.#newCharacters += characters
    if (message.role === 'tool' && !isPinned && characters >= minCharacters) this.#pending.push({ at: this.#messages, step: this.#steps, characters, position })
    this.#messages++
  }

  /** A reply to everything that was taken. Its message is taken next. */
  addReply({ inputTokens, outputTokens }: Usage, modelIndex: number): void {
    const rate = inputTokens === undefined ? undefined : measureRate(inputTokens, this.#headCharacters + this.#characters)
    // Not reported, or not true.
    if (inputTokens === undefined || rate === undefined) return
    const isComparable = !this.#isChanged && (this.#modelIndex === undefined || this.#modelIndex === modelIndex)
    this.#rate = rate
    const measured = isComparable ? measureRate(inputTokens - this.#known, this.#newCharacters) : undefined
    this.#settle(measured ?? this.#rate)
    this.#known = inputTokens + (outputTokens ?? 0)
    this.#newCharacters = 0
    this.#hasReply = outputTokens !== undefined
    this.#isChanged = false
    this.#modelIndex = modelIndex
  }

  /** What may be cleared while the last steps stay. */
  clearableBefore(keepSteps: number): ClearableSize {
    const last = this.#steps - keepSteps
    const [oldest] = this.#pending
    if (oldest !== undefined && oldest.step <= last) this.#settle(this.#rate)
    for (let next = this.#candidates[this.#oldEnough]; next !== undefined && next.step <= last; next = this.#candidates[this.#oldEnough]) {
      this.#clearable += next.tokens - stubTokens
      this.#oldEnough++
    }
    const [first] = this.#candidates
    if (this.#oldEnough === 0 || first === undefined) return { clearable: 0, fromFirst: 0 }
    return { clearable: this.#clearable, fromFirst: Math.max(this.#clearable, this.tokens - first.before) }
  }

  /** Positions of the results that are old enough. */
  get clearable(): readonly number[] {
    return this.#candidates.slice(0, this.#oldEnough).map(({ at }) => at)
  }

  /** True for a result that has more tokens than the line that would take its place. */
  isWorthClearing(message: Message): boolean {
    const characters = charactersOf(message)
    return characters >= minCharacters && characters * this.#rate > minTokens
  }

  /** Tokens of messages. */
  estimate(messages: readonly Message[]): number {
    return Math.round(messages.reduce((total, message) => total + charactersOf(message), 0) * this.#rate)
  }

  /** The result at this position is cleared now: `stub` takes the place of its message. */
  clear(at: number, message: Message, stub: Message): void {
    const known = this.#candidates.find((candidate) => candidate.at === at)
    const characters = charactersOf(message)
    this.keep(at)
    const saved = (known?.tokens ?? characters * this.#rate) - charactersOf(stub) * this.#rate
    this.#known -= saved
    this.#characters -= characters - charactersOf(stub)
    for (const other of this.#candidates) {
      if (other.at > at) other.before -= saved
    }
  }

  /** Removes the result at this position from the candidates. */
  keep(at: number): void {
    this.#pending = this.#pending.filter((result) => result.at !== at)
    const index = this.#candidates.findIndex((result) => result.at === at)
    const [candidate] = index < 0 ? [] : this.#candidates.splice(index, 1)
    if (candidate === undefined || index >= this.#oldEnough) return
    this.#oldEnough--
    this.#clearable -= candidate.tokens - stubTokens
  }

  /** Everything that is sent has changed: it is taken again. */
  restart(): void {
    this.#rate = measureRate(this.tokens, this.#headCharacters + this.#characters) ?? this.#rate
    this.#messages = 0
    this.#characters = 0
    this.#steps = 0
    this.#known = 0
    this.#newCharacters = this.#headCharacters
    this.#hasReply = false
    this.#isChanged = false
    this.#pending = []
    this.#candidates = []
    this.#oldEnough = 0
    this.#clearable = 0
  }

  /** @param rate - Tokens of a character of what no usage has told. */
  #settle(rate: number): void {
    for (const { at, step, characters, position } of this.#pending) {
      const tokens = Math.round(characters * rate)
      if (tokens > minTokens) this.#candidates.push({ at, step, characters, tokens, before: this.#known + position * rate })
    }
    this.#pending = []
  }
}
