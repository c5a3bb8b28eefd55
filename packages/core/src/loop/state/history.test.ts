import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ClearEdit } from '../../contract/history.ts'
import { assistant, type Message, type ToolStatus, user } from '../../contract/messages.ts'
import { resolveHistory } from '../../history/history-rules.ts'
import { charactersOf } from '../../history/sizes.ts'
import { findProblem } from '../../transcripts/check.ts'
import { History } from './history.ts'

interface Result {
  readonly length: number
  readonly status: ToolStatus
  readonly pinned: boolean
}

type Change =
  | { readonly type: 'step'; readonly results: readonly Result[]; readonly usage: 'exact' | 'none' | 'nonsense' }
  | { readonly type: 'notice' | 'clear' | 'cut' | 'summary' | 'ledger' }
  | { readonly type: 'choose' | 'pin'; readonly which: number }

const result = fc.record<Result>({
  length: fc.integer({ min: 0, max: 6_000 }),
  status: fc.constantFrom('ok', 'error', 'invalid-input', 'denied'),
  pinned: fc.boolean(),
})
const step = fc.record({
  type: fc.constant('step' as const),
  results: fc.array(result, { maxLength: 3 }),
  usage: fc.constantFrom('exact' as const, 'none' as const, 'nonsense' as const),
})
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: step },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('notice' as const, 'clear' as const, 'summary' as const, 'ledger' as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('choose' as const, 'pin' as const), which: fc.nat(20) }) },
)

const lengthOf = (messages: readonly Message[]): number => messages.reduce((total, message) => total + charactersOf(message), 0)

/** A run as the loop drives its history, with a model whose tokens are a third of the characters. */
class Driven {
  readonly log: Message[] = [user('The goal.')]
  readonly history = new History()
  readonly pinned = new Set<string>()
  steps = 0

  constructor(keepSteps: number) {
    this.history.begin(resolveHistory({ keepSteps }))
  }

  get view(): readonly Message[] {
    return this.history.viewOf(this.log)
  }

  apply(next: Change): void {
    this.history.follow(this.log, { instructions: 'Be brief.' })
    const before = [...this.view]
    const count = this.history.edits.length
    this.#change(next)
    expect(findProblem(this.view)).toBeUndefined()
    if (this.history.edits.length > count) this.#checkEdit(before)
  }

  #change(next: Change): void {
    const cause = { step: this.steps + 1, canRead: true }
    const ids = this.log.flatMap((message) => (message.role === 'tool' ? [message.content[0].id ?? ''] : []))
    if (next.type === 'step') this.#addStep(next)
    else if (next.type === 'notice') this.log.push(user('Correct this.'))
    else if (next.type === 'clear') this.history.clear(this.log, { ...cause, reason: 'rule' })
    else if (next.type === 'summary' || next.type === 'ledger') {
      const split = this.history.split(this.log, 4_000)
      if (split === undefined) return
      this.history.replaceSteps(this.log, { split, text: next.type === 'summary' ? 'All is well.' : undefined }, { step: this.steps + 1, reason: 'size' })
    } else if ('which' in next) {
      const id = ids[next.which] ?? 'r99.0'
      if (next.type === 'choose') this.history.clearResults(this.log, [id], { ...cause, reason: 'asked' })
      else {
        this.pinned.add(id)
        this.history.pin(this.log, [id])
      }
    }
  }

  #addStep({ results, usage }: Extract<Change, { type: 'step' }>): void {
    this.steps++
    const calls = results.map((_, index) => ({ type: 'tool-call', toolCallId: `c${index}`, toolName: 'read', inputText: `{"n":${this.steps}}` }) as const)
    const message = assistant([{ type: 'reasoning', text: 'Hm.' }, { type: 'text', text: `Step ${this.steps}.` }, ...calls])
    const inputTokens = Math.ceil((lengthOf(this.view) + 9) / 3)
    if (usage === 'exact') this.history.addReply({ inputTokens, outputTokens: Math.ceil(charactersOf(message) / 3) }, 0)
    else this.history.addReply(usage === 'none' ? {} : { inputTokens: 3, outputTokens: 1 }, 0)
    this.log.push(message)
    for (const [index, { length, status, pinned }] of results.entries()) {
      const part = { type: 'tool-result', toolCallId: `c${index}`, toolName: 'read', status, text: 'x'.repeat(length), id: `r${this.steps}.${index}` } as const
      this.log.push({ role: 'tool', content: [{ ...part, ...(pinned && { pinned }) }] })
    }
  }

  #checkEdit(before: readonly Message[]): void {
    const edit = this.history.edits.at(-1)
    const { view } = this
    expect(lengthOf(view)).toBeLessThan(lengthOf(before))
    expect(edit?.tokensAfter).toBeLessThan(edit?.tokensBefore ?? 0)
    const assistants = view.filter(({ role }) => role === 'assistant')
    expect(this.log.filter(({ role }) => role === 'assistant').slice(-assistants.length || Infinity)).toEqual(assistants)
    if (edit?.kind === 'clear') this.#checkClear(edit, before)
  }

  #checkClear(edit: ClearEdit, before: readonly Message[]): void {
    const { view } = this
    expect(view).toHaveLength(before.length)
    const changed = view.flatMap((message, index) => (JSON.stringify(message) === JSON.stringify(before[index]) ? [] : [index]))
    const parts = changed.map((index) => {
      const message = before[index]
      return message?.role === 'tool' ? message.content[0] : undefined
    })
    // The first byte that changed is in the first result that the edit names.
    expect(parts.map((part) => part?.id)).toEqual(edit.results)
    if (edit.reason === 'rule') expect(parts.some((part) => part?.pinned === true || this.pinned.has(part?.id ?? ''))).toBe(false)
  }
}

test('after any steps and any edits what is sent can be sent, is shorter, and begins as before up to the first edited result', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(change, { maxLength: 40 }), (keepSteps, changes) => {
      const driven = new Driven(keepSteps)
      for (const next of changes) driven.apply(next)
      expect(driven.log.filter(({ role }) => role === 'assistant')).toHaveLength(driven.steps)
    }),
    { numRuns: 300 },
  )
})

test('without an edit what is sent is the list of the run itself', () => {
  const driven = new Driven(2)
  driven.apply({ type: 'step', results: [{ length: 9_000, status: 'ok', pinned: false }], usage: 'exact' })
  expect(driven.view).toBe(driven.log)
})
