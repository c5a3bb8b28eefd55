import { expect, test } from 'vitest'
import { assistant, type Message, user } from '../contract/messages.ts'
import { SessionLog } from './session-log.ts'
import { endIn } from './session-rules.ts'
import type { SessionEntry } from './session-store.ts'

function logOf(...entries: readonly SessionEntry[]): SessionLog {
  return SessionLog.of(entries.map((entry, index) => ({ version: `v${index}`, entry })))
}

const messages: readonly Message[] = [user('go'), assistant('gone')]
const view: readonly Message[] = [user('short')]
const ending = { runId: 'r', version: 'v0', messages, view, inputCount: 1, outcome: 'ended', now: 0 } as const

test('a view is kept with the messages that it replaces', () => {
  expect(endIn(logOf({ type: 'open', runId: 'r' }), ending)).toEqual({ type: 'messages', messages, runId: 'r', view })
})

test.each<[string, readonly SessionEntry[]]>([
  [
    'messages of another run',
    [
      { type: 'close', runId: 'r' },
      { type: 'open', runId: 'q' },
      { type: 'messages', runId: 'q', messages: [user('q'), assistant('q')] },
    ],
  ],
  [
    'messages without a run',
    [
      { type: 'close', runId: 'r' },
      { type: 'messages', messages: [user('q'), assistant('q')] },
    ],
  ],
])('a view that lacks what others have added meanwhile is not kept: %s', (_, entries) => {
  expect(endIn(logOf({ type: 'open', runId: 'r' }, ...entries), ending)).toEqual({ type: 'messages', messages, runId: 'r' })
})

test('inputs that another run has taken meanwhile are left out of the messages of a run that had them', () => {
  const entries: readonly SessionEntry[] = [
    { type: 'queue', runId: 'q', messages: [user('q')] },
    { type: 'open', runId: 'r', takes: ['q'] },
    { type: 'close', runId: 'r' },
    { type: 'open', runId: 'p', takes: ['q'] },
    { type: 'messages', runId: 'p', messages: [user('q'), user('p'), assistant('both')] },
  ]
  const late = { ...ending, version: 'v1', messages: [user('q'), ...messages], inputCount: 2, view: undefined }
  expect(endIn(logOf(...entries), late)).toEqual({ type: 'messages', messages, runId: 'r' })
})
