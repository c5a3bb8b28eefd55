import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeAgentFolder } from '../testing/agent-file.ts'
import { cli, capstan as command, type Ended } from '../testing/command.ts'

const { folder, agent } = makeAgentFolder()
const capstan = (...args: readonly string[]): Promise<Ended> => command(args, { cwd: folder })

writeFileSync(join(folder, 'file'), 'text')
writeFileSync(join(folder, 'runs.db'), Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(4_080)]))
mkdirSync(join(folder, 'photos', 'summer'), { recursive: true })
for (const name of ['a.jpg', 'b.jpg', 'c.jpg', 'summer/d.jpg']) writeFileSync(join(folder, 'photos', name), '')
mkdirSync(join(folder, 'new'))
writeFileSync(join(folder, 'new', '.gitkeep'), '')

describe.each([
  ['list', []],
  ['show', ['a']],
  ['approve', ['a', 'q']],
  ['deny', ['a', 'q']],
  ['outcome', ['a', 'q', '--again']],
  ['resume', ['a', agent('payer')]],
])('runs %s', (name, rest) => {
  test.each([
    ['file', /file is a file\. --journal takes the folder of a journal/],
    ['file/below', /below is a file/],
    ['runs.db', /runs\.db is a SQLite database\. .* sqliteJournal\(\)/],
    ['photos', /photos is not a journal: it holds no run, but a\.jpg, b\.jpg, c\.jpg …\. Use the folder/],
  ])('refuses the journal %s, with what to use instead', async (journal, words) => {
    const { code, stdout, stderr } = await capstan('runs', name, ...rest, '--journal', journal)
    expect([code, stdout, stderr.replaceAll(/\s+/g, ' ')]).toEqual([2, '', expect.stringMatching(words)])
  })
})

test.each(['nowhere', 'new'])('a journal without runs is not an error (%s)', async (journal) => {
  expect(await capstan('runs', 'list', '--journal', journal)).toMatchObject({ code: 0, stdout: `No runs in ${journal}.\n` })
  expect(await capstan('runs', 'show', 'a', '--journal', journal)).toMatchObject({ code: 1, stderr: expect.stringContaining('run-not-found') })
})

// Root may read everything.
test.skipIf(process.getuid?.() === 0)('a journal that may not be read is an error with the way to fix it', async () => {
  mkdirSync(join(folder, 'closed'), { mode: 0o000 })
  const { code, stderr } = await capstan('runs', 'list', '--journal', 'closed')
  expect([code, stderr]).toEqual([1, expect.stringMatching(/cannot be read: EACCES.*as the user who recorded the runs/s)])
  chmodSync(join(folder, 'closed'), 0o700)
})

test('a run is not recorded over a file', async () => {
  const { code, stderr } = await capstan('run', agent('payer'), '--journal', 'file', 'Pay it.')
  expect([code, stderr.replaceAll(/\s+/g, ' ')]).toEqual([1, expect.stringMatching(/journal-failed.*one of them is a file/)])
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('text')
})

// The limit of a process is the full disk that needs no root.
test.skipIf(process.platform === 'win32')(
  'a journal that has no room left is an error with the way to fix it, and the run continues when there is room',
  async () => {
    const words = `'${process.execPath}' '${cli}' run '${agent('careless')}' --journal limited --run-id r 'Pay it.'`
    const env = { ...process.env, TEST_INPUT: JSON.stringify({ memo: 'x'.repeat(40_000), amount: 5 }) }
    const limited = (blocks: string): string => {
      try {
        return execFileSync('sh', ['-c', `ulimit -f ${blocks}; ${words}`], { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' })
      } catch (error) {
        return String((error as { stderr?: unknown }).stderr).replaceAll(/\s+/g, ' ')
      }
    }
    expect(limited('32')).toMatch(/journal-failed.*EFBIG.*Nothing that was recorded before is lost\. To fix this, make room/)
    expect(limited('unlimited')).toBe('Result: paid 5\n')
  },
)
