import { expect, test } from 'vitest'
import { makeAgentFolder } from '../testing/agent-file.ts'
import { capstan, type Ended } from '../testing/command.ts'

const { folder, agent } = makeAgentFolder()
const start = (...more: readonly string[]): readonly string[] => ['run', agent('slow'), '--journal', 'runs', '--run-id', '2026-11-29', ...more, 'Pay it.']

test('a command whose run another process is working on ends at once with exit code 75, and starts nothing', async () => {
  const others: Ended[] = []
  let hasBegun = false
  const owner = await capstan(start(), {
    cwd: folder,
    env: { TEST_MS: '600000' },
    onStderr: async (text, child) => {
      if (hasBegun || !text.endsWith('working\n')) return
      hasBegun = true
      others.push(await capstan(start(), { cwd: folder }))
      others.push(await capstan(start('--quiet', '--json'), { cwd: folder }))
      others.push(await capstan(['runs', 'resume', '2026-11-29', '--journal', 'runs', agent('slow')], { cwd: folder }))
      child.kill('SIGKILL')
    },
  })
  expect(owner.code).toBe(null)
  expect(others.map(({ code }) => code)).toEqual([75, 75, 75])
  expect(others[0]?.stdout).toBe('')
  expect(JSON.parse(others[1]?.stdout ?? '')).toMatchObject({ error: { code: 'run-locked' } })
  for (const { stderr } of others) {
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(/error \(run-locked\).*2026-11-29/)
    expect(stderr).not.toContain('working')
  }
  // The owner is gone, so the run is free at once. What its interrupted call did is a question for a person.
  expect(await capstan(start(), { cwd: folder })).toMatchObject({ code: 4, stderr: expect.stringContaining('outcome') })
})
