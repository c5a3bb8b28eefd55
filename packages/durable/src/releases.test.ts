import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { approve } from '@capstan/core'
import { shop } from '@capstan/test-kit'
import { expect, test } from 'vitest'
import { fileJournal } from './file/file-journal.ts'
import { newFolder } from './testing/stores.ts'

const fixtures = fileURLToPath(new URL('testing/fixtures/', import.meta.url))

// A run that waits for a person, as each release left it. A folder is added with a release and never changed.
test.each(readdirSync(fixtures))('a run that was recorded by %s goes on', async (release) => {
  const folder = newFolder()
  cpSync(join(fixtures, release), folder, { recursive: true })
  const { agent, look, pay, model } = shop()
  const answers = { 'steps/1/tools/1/approval': approve() }
  const result = await agent.resume('r', { journal: fileJournal(folder), answers }).result

  expect(result).toMatchObject({ status: 'finished', text: 'Paid.', warnings: [], usage: { totalTokens: 30, unknownAttempts: 0 } })
  expect([look.inputs.length, pay.inputs, model.requests]).toEqual([0, [{ amount: 5 }], 1])
})
