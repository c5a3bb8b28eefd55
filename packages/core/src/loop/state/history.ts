import type { ClearEdit, EditSizes, HistoryEdit, SummaryEdit } from '../../contract/history.ts'
import type { Message, ToolResultPart } from '../../contract/messages.ts'
import type { Usage } from '../../contract/usage.ts'
import type { HistoryRules } from '../../history/history-rules.ts'
import { replaceSteps, type Split, splitMessages } from '../../history/replace-steps.ts'
import { charactersOf, type RequestHead } from '../../history/sizes.ts'
import { clearResult } from '../../history/stubs.ts'
import { HistorySizes } from './history-sizes.ts'

const noEdits: readonly HistoryEdit[] = []
/** Tokens that stay of a message of the user when steps are replaced, and of all of them together. */
const requestTokens = { each: 8_000, total: 20_000 }
/** A further summary needs this growth since the last one. */
const minGrowth = 1.25

/** The sizes that a decision about an edit depends on, in tokens. */
export interface HistoryFacts {
  /** Of the next request. */
  readonly size: number
  /** Steps in what is sent. */
  readonly steps: number
  readonly clearable: number
  /** What stays behind the first result that would be cleared. */
  readonly kept: number
  readonly rent: number
  readonly maySummarise: boolean
}

function countCharacters(messages: readonly Message[]): number {
  return messages.reduce((total, message) => total + charactersOf(message), 0)
}

interface ClearCause extends Pick<ClearEdit, 'step' | 'reason'> {
  /** True where the model can read the results again. */
  readonly canRead: boolean
}

interface Replacement {
  readonly split: Split
  /** What the model wrote; `undefined` for the list of calls only. */
  readonly text: string | undefined
}

/**
 * What is sent of the messages of a run: all of them, until edits shorten them. The transcript keeps everything. All that this class holds follows
 * from the messages, from reported usage and from what the run recorded, so a replay makes the same edits.
 */
export class History {
  #rules: HistoryRules | undefined
  #sizes: HistorySizes | undefined
  /** What is sent, once it differs from the messages of the run. */
  #view: Message[] | undefined
  /** So many messages of the run are counted, and are in the view. */
  #taken = 0
  #edits: HistoryEdit[] | undefined
  #rent = 0
  /** Ids of the results that `prepareStep` pinned. */
  #pinned: Set<string> | undefined
  #asked: { readonly step: number; readonly attempts: number } | undefined
  #lastSummary: { readonly step: number; readonly size: number } | undefined

  /** The rules that the run recorded; `undefined` while its history stays as it is. */
  get rules(): HistoryRules | undefined {
    return this.#rules
  }

  get edits(): readonly HistoryEdit[] {
    return this.#edits ?? noEdits
  }

  /** Tokens of the next request. */
  get tokens(): number {
    return this.#sizes?.tokens ?? 0
  }

  /** Takes the rules that the run recorded. */
  begin(rules: HistoryRules | undefined): void {
    this.#rules = rules
  }

  /** What is sent of the messages of the run: the same array as long as there is no edit. */
  viewOf(messages: readonly Message[]): readonly Message[] {
    if (this.#view === undefined) return messages
    return this.#taken === messages.length ? this.#view : [...this.#view, ...messages.slice(this.#taken)]
  }

  /** Counts what came since the last request, before the next one. */
  follow(messages: readonly Message[], head: RequestHead): void {
    if (this.#rules === undefined) return
    this.#sizes ??= new HistorySizes(head)
    this.#sizes.setHead(head)
    for (let message = messages[this.#taken]; message !== undefined; message = messages[this.#taken]) {
      this.#take(this.#sizes, message)
      this.#view?.push(message)
      this.#taken++
    }
  }

  /** Counts the usage of the reply to everything that `follow` has counted. */
  addReply(usage: Usage, modelIndex: number): void {
    this.#sizes?.addReply(usage, modelIndex)
  }

  /** The sizes before the request of a step. */
  factsAt(step: number): HistoryFacts {
    const { tokens: size = 0, steps = 0 } = this.#sizes ?? {}
    const keepSteps = this.#rules?.keepSteps ?? Number.POSITIVE_INFINITY
    const { clearable, fromFirst } = this.#sizes?.clearableBefore(keepSteps) ?? { clearable: 0, fromFirst: 0 }
    const last = this.#lastSummary
    const maySummarise = last === undefined || (step - last.step >= keepSteps && size >= last.size * minGrowth)
    return { size, steps, clearable, kept: fromFirst - clearable, rent: this.#rent + clearable, maySummarise }
  }

  /** A request with results that might have been cleared is about to be sent. */
  addRent({ rent }: Pick<HistoryFacts, 'rent'>): void {
    this.#rent = rent
  }

  /** Requests for a summary that were sent before the request of a step. */
  summaryAttemptsAt(step: number): number {
    return this.#asked?.step === step ? this.#asked.attempts : 0
  }

  countSummaryAttempts(step: number, attempts: number): void {
    this.#asked = { step, attempts }
  }

  /** From now on these results are never cleared. Unknown ids have no effect. */
  pin(messages: readonly Message[], ids: readonly string[]): void {
    this.#pinned ??= new Set()
    for (const id of ids) this.#pinned.add(id)
    for (const [at, message] of this.viewOf(messages).entries()) {
      if (message.role === 'tool' && ids.includes(message.content[0].id ?? '')) this.#sizes?.keep(at)
    }
  }

  /**
   * Puts a line in place of each result that is old enough.
   *
   * @returns The edit; `undefined` where nothing can be cleared.
   */
  clear(messages: readonly Message[], cause: ClearCause): ClearEdit | undefined {
    if (this.factsAt(cause.step).clearable === 0) return undefined
    return this.#clearAt(messages, this.#sizes?.clearable ?? [], cause)
  }

  /** Puts a line in place of each of these results. Unknown ids, and results that are cleared already, have no effect. */
  clearResults(messages: readonly Message[], ids: readonly string[], cause: ClearCause): ClearEdit | undefined {
    const chosen = new Set(ids)
    const positions: number[] = []
    for (const [at, message] of this.viewOf(messages).entries()) {
      if (message.role === 'tool' && chosen.has(message.content[0].id ?? '') && this.#sizes?.isWorthClearing(message) === true) positions.push(at)
    }
    return this.#clearAt(messages, positions, cause)
  }

  /** Divides what is sent so that the last steps stay, and have at most so many tokens; `undefined` where no step is left to replace. */
  split(messages: readonly Message[], keepTokens: number): Split | undefined {
    if (this.#rules === undefined || this.#sizes === undefined) return undefined
    return splitMessages(this.viewOf(messages), { keepSteps: this.#rules.keepSteps, keepCharacters: keepTokens / this.#sizes.rate })
  }

  /** Puts a summary in place of steps; `undefined` where that would not be shorter. */
  replaceSteps(messages: readonly Message[], { split, text }: Replacement, { step, reason }: Pick<SummaryEdit, 'step' | 'reason'>): SummaryEdit | undefined {
    const { rate = 1 } = this.#sizes ?? {}
    const view = [
      ...replaceSteps(split, text, {
        maxEach: requestTokens.each / rate,
        maxTotal: requestTokens.total / rate,
        isPinned: (result) => this.#isPinned(result),
      }),
    ]
    if (countCharacters(view) >= countCharacters(this.viewOf(messages))) return undefined
    // Steps count from 1, and the current one is not complete.
    const upToStep = Math.max(0, step - 1 - split.keptSteps)
    const sizes = this.#edit(messages, view, (counted) => {
      counted.restart()
      for (const message of view) this.#take(counted, message)
    })
    this.#lastSummary = { step, size: sizes.tokensAfter }
    return this.#add({ kind: 'summary', step, upToStep, reason, source: text === undefined ? 'ledger' : 'model', ...sizes })
  }

  #clearAt(messages: readonly Message[], positions: readonly number[], { step, reason, canRead }: ClearCause): ClearEdit | undefined {
    if (positions.length === 0) return undefined
    const view = [...this.viewOf(messages)]
    const results: string[] = []
    const sizes = this.#edit(messages, view, (counted) => {
      for (const at of positions) {
        const message = view[at]
        if (message?.role !== 'tool') continue
        const [{ id, toolCallId }] = message.content
        results.push(id ?? toolCallId)
        const stub = clearResult(message, canRead)
        view[at] = stub
        counted.clear(at, message, stub)
      }
    })
    return this.#add({ kind: 'clear', step, results, reason, ...sizes })
  }

  #edit(messages: readonly Message[], view: Message[], count: (sizes: HistorySizes) => void): Omit<EditSizes, 'step'> {
    const before = this.viewOf(messages)
    const sizes = this.#sizes
    if (sizes === undefined) throw new RangeError('Nothing was counted yet.')
    const tokensBefore = sizes.tokens
    count(sizes)
    this.#view = view
    this.#taken = messages.length
    this.#rent = 0
    const first = view.findIndex((message, index) => message !== before[index])
    return { tokensBefore, tokensAfter: sizes.tokens, rereadTokens: sizes.estimate(view.slice(first)) }
  }

  #take(sizes: HistorySizes, message: Message): void {
    sizes.take(message, message.role === 'tool' && this.#isPinned(message.content[0]))
  }

  #add<Edit extends HistoryEdit>(edit: Edit): Edit {
    this.#edits ??= []
    this.#edits.push(edit)
    return edit
  }

  #isPinned(result: ToolResultPart): boolean {
    return result.pinned === true || (result.id !== undefined && this.#pinned?.has(result.id) === true)
  }
}
