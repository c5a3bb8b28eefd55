import type { RunRecord, SavedRun } from '@capstan/core'
import { expect, test } from 'vitest'
import { savedLines } from './show-saved.ts'

function shown(records: readonly RunRecord[]): readonly string[] {
  const definition = { format: 2, instructions: null, tools: {}, hooks: [], output: null } as const
  const saved: SavedRun = { head: { version: 2, runId: 'r', definition, input: [] }, records, decisions: [] }
  return savedLines(saved, { runId: 'r', journal: './runs', output: { write: () => true } as never, isFull: true }).map(String)
}

const times = { ms: 1, waitedMs: 0, executions: 1 }

test('a call that an agent answers is shown with what it is asked, and its result when the agent has ended', () => {
  const asked: RunRecord = { type: 'done', id: 'steps/1/tools/0', name: 'tool research', output: { status: 'ok', text: 'Why?', delegated: true }, ...times }
  const inside: RunRecord = { type: 'done', id: 'steps/1/tools/0/steps/1/tools/0', name: 'tool look', output: { status: 'ok', text: 'seen' }, ...times }
  const result: RunRecord = { type: 'done', id: 'steps/1/tools/0/result', name: 'result research', output: { status: 'ok', text: 'Because.' }, ...times }
  expect(shown([asked, inside, result])).toEqual([
    'run r: unfinished',
    'steps/1/tools/0 tool research: an agent is asked',
    '  text (4 characters): "Why?"',
    'steps/1/tools/0/steps/1/tools/0 tool look: ok',
    '  text (4 characters): "seen"',
    'steps/1/tools/0/result result research: ok',
    '  text (8 characters): "Because."',
  ])
})
