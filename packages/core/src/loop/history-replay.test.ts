import { expect, test } from 'vitest'
import type { HistoryOptions } from '../contract/history.ts'
import type { ToolResultPart } from '../contract/messages.ts'
import type { Journal, OpenRun, RunHead } from '../durability/journal.ts'
import type { RunRecord } from '../durability/records.ts'
import { readerAgent, readerModel } from '../testing/reader.ts'

/** A journal in memory, of one run. */
function memoryJournal(given?: {
  readonly head: RunHead
  readonly records: readonly RunRecord[]
}): Journal & { readonly records: RunRecord[]; head?: RunHead } {
  const records: RunRecord[] = [...(given?.records ?? [])]
  const journal = {
    records,
    head: given?.head,
    open: (_: string, head?: RunHead): Promise<OpenRun> => {
      journal.head ??= head
      if (journal.head === undefined) return Promise.reject(new Error('There is no run.'))
      const append = (added: readonly RunRecord[]): Promise<void> => {
        records.push(...structuredClone(added))
        return Promise.resolve()
      }
      const readDecisions = () => Promise.resolve([])
      return Promise.resolve({ head: journal.head, records: [...records], decisions: [], append, readDecisions, close: () => Promise.resolve() })
    },
    read: () => Promise.reject(new Error('not used')),
    decide: () => Promise.reject(new Error('not used')),
    list: () => Promise.resolve({ runs: [] }),
    delete: () => Promise.resolve(),
  }
  return journal as Journal & { readonly records: RunRecord[]; head?: RunHead }
}

const keep = ({ text }: ToolResultPart): boolean => text.startsWith('{"page":3}')
const history: HistoryOptions = { summariseAt: 3_400, keepSteps: 2, keep }
const isRequest = (record: RunRecord): boolean => record.type === 'done' && (record.name === 'model' || record.name === 'summary')

test('a run that continues after any of its records sends the same requests and makes the same edits, whatever its options are now', async () => {
  const model = readerModel(15, undefined, { prices: { currency: 'USD', input: 10, cachedInput: 6, output: 10 } })
  const journal = memoryJournal()
  const result = await readerAgent({ model, history }).generate('go', { runId: 'r', journal })
  const requests = model.requests.map(({ messages, settings }) => ({ messages, settings }))
  expect(new Set(result.edits.map((edit) => (edit.kind === 'clear' ? 'clear' : edit.source)))).toEqual(new Set(['clear', 'model']))
  expect(journal.records.filter(isRequest)).toHaveLength(requests.length)

  for (const [count] of journal.records.entries()) {
    if (count === 0 || journal.head === undefined) continue
    const records = journal.records.slice(0, count)
    const next = readerModel(15, undefined, { contextWindow: 900, prices: { currency: 'USD', input: 7, output: 7 } })
    const continued = await readerAgent({ model: next, history: { clear: false, keepSteps: 1, keep } }).resume('r', {
      journal: memoryJournal({ head: journal.head, records }),
    }).result
    // Compared as text, which is much faster than value by value.
    const sent = next.requests.map(({ messages, settings }) => ({ messages, settings }))
    expect(JSON.stringify(sent)).toBe(JSON.stringify(requests.slice(records.filter(isRequest).length)))
    expect(JSON.stringify([continued.messages, continued.edits])).toBe(JSON.stringify([result.messages, result.edits]))
    expect(JSON.stringify(continued.steps.map(({ toolResults }) => toolResults))).toBe(JSON.stringify(result.steps.map(({ toolResults }) => toolResults)))
  }
})
