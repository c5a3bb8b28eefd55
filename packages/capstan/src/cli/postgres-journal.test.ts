import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PostgresServer, postgresFolder, startPostgres } from '@capstan/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeAgentFolder } from '../testing/agent-file.ts'
import { capstan as command, type Ended } from '../testing/command.ts'
import { openJournal } from './open-journal.ts'

const { folder, agent: agentOf } = makeAgentFolder()
const isMissing = postgresFolder() === undefined
if (isMissing) process.stderr.write('Skipped: the test of runs in PostgreSQL (Debian: postgresql), which is not installed.\n')

describe.skipIf(isMissing)('runs in PostgreSQL', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  }, 60_000)
  afterAll(() => server?.stop())

  test('a run is recorded, approved and resumed, each in a process of its own, and no password is shown', async () => {
    const shownUrl = server.urlOf('postgres')
    const journal = ['--journal', shownUrl.replace('capstan@', 'capstan:hunter2@')]
    const capstan = async (...args: readonly string[]): Promise<Ended> => {
      const ended = await command([...args, ...journal], { cwd: folder })
      expect(ended.stdout + ended.stderr).not.toContain('hunter2')
      return ended
    }
    const begun = await capstan('run', agentOf('payer'), '--run-id', 'a1', 'Pay it.')
    expect([begun.code, begun.stderr]).toEqual([4, expect.stringContaining(`recorded in ${shownUrl}`)])
    const line = /capstan runs approve a1 (\S+) --journal (\S+)/.exec((await capstan('runs', 'show', 'a1')).stdout)
    expect(line?.[2]).toBe(shownUrl)
    expect((await capstan('runs', 'approve', 'a1', line?.[1] ?? '')).code).toBe(0)
    expect((await capstan('runs')).stdout).toMatch(/^a1 {2}decided/m)
    const [page, followed] = await Promise.all([tracePage(journal[1] ?? ''), tracePage(journal[1] ?? '', '--follow')])
    expect([page, followed]).toEqual(Array(2).fill({ title: shownUrl, runs: ['a1'] }))
    const report = join(folder, 'report.html')
    expect(await command(['trace', journal[1] ?? '', '--html', report])).toMatchObject({ code: 0 })
    const html = readFileSync(report, 'utf8')
    expect(html).toContain(shownUrl)
    expect(html).not.toContain('hunter2')
    expect(await capstan('runs', 'resume', 'a1', agentOf('payer'), '--force')).toMatchObject({ code: 0, stdout: 'Result: paid 5\n' })
  }, 60_000)
})

/** What the viewer says of a journal, before it is interrupted. */
async function tracePage(...args: readonly string[]): Promise<unknown> {
  let listing: Promise<unknown> | undefined
  const look = async (url: string): Promise<unknown> => {
    const { setup, runs } = (await (await fetch(`${url}runs`)).json()) as {
      readonly setup: { readonly title: string }
      readonly runs: readonly { runId: string }[]
    }
    return { title: setup.title, runs: runs.map(({ runId }) => runId) }
  }
  const { stdout, stderr } = await command(['trace', ...args], {
    onStdout: (text, child) => {
      if (listing === undefined && text.endsWith('\n')) listing = look(text.trim()).finally(() => child.kill('SIGINT'))
    },
  })
  expect(stdout + stderr).not.toContain('hunter2')
  return await listing
}

test.each([
  ['postgres://shop:hunter2@db/runs', 'postgres://shop@db/runs'],
  ['postgresql://shop:1/hunt@er2@db/runs', 'postgresql://shop@db/runs'],
  ['postgresql://:hunter2@db/runs', 'postgresql://@db/runs'],
  ['postgresql://db/runs?user=shop&password=hunter2&x=1', 'postgresql://db/runs?user=shop&password=***&x=1'],
  ['POSTGRES://shop@db:5432/runs', 'POSTGRES://shop@db:5432/runs'],
  ['.capstan/runs', '.capstan/runs'],
])('%s is shown without its password', (location, shown) => {
  expect(openJournal(location).name).toBe(shown)
})
