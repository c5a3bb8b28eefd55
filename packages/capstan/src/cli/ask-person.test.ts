import type { Answers, Json, PendingQuestion } from '@capstan/core'
import { expect, test } from 'vitest'
import { askPerson, type Dialogue } from './ask-person.ts'
import type { ShownText } from './terminal/shown-text.ts'

const flow = {
  reaches: ['external'],
  targets: [{ target: 'a@example.org', from: 'unknown' }],
  sources: [{ id: 'r1.0', toolName: 'read_page', labels: ['untrusted'] }],
}
const about = { type: 'approval', toolName: 'send_mail', input: { to: 'a@example.org' } }

/** Types these lines in answer to one question; returns the answer, and what was shown. */
async function typed(content: Json, ...lines: readonly string[]): Promise<{ readonly answers: Answers | undefined; readonly shown: string }> {
  const shown: string[] = []
  const left = [...lines]
  const dialogue = {
    view: { lines: (added: readonly ShownText[]) => shown.push(...added.map(String)) },
    output: { columns: 200, rows: 60, isTTY: true },
    discard: () => Promise.resolve(),
    isAlone: () => Promise.resolve(true),
    drop: () => {},
    read: (prompt: ShownText) => {
      shown.push(String(prompt))
      return Promise.resolve(left.shift())
    },
  }
  const question: PendingQuestion = { id: 'q1', position: 'steps/1/tools/0/approval', about: content }
  // Only what the dialogue uses of the view and the output is there.
  const answers = await askPerson([question], dialogue as unknown as Dialogue)
  return { answers, shown: shown.join('\n') }
}

test('of a question of the guard, a person can approve the call, or all calls with its destinations', async () => {
  const once = await typed({ ...about, flow }, 'yes')
  expect(once.answers).toEqual({ q1: { approve: true } })
  expect(once.shown).toContain('for the rest of the run, type: target')
  expect((await typed({ ...about, flow }, 'target')).answers).toEqual({ q1: { approve: true, forTarget: true } })
})

test('a call with a changed input, and one that the guard does not ask about, can be approved only once', async () => {
  const changed = await typed({ ...about, flow }, 'edit', '{"forTarget":true}', 'target', 'yes')
  expect(changed.answers).toEqual({ q1: { approve: true, input: { forTarget: true } } })
  expect(changed.shown).toContain('Type one of these words: yes, no, edit.')
  expect((await typed(about, 'target', 'yes')).shown).toContain('Type one of these words: yes, no, edit.')
})
