import { Agent, type AgentError, AgentError as CapstanError, type Journal, type RunRecord, type RunResult } from '@capstan/core'
import { noteTool, replyingModel, shop } from '@capstan/test-kit'
import { expect, test } from 'vitest'
import { fileJournal } from './file/file-journal.ts'
import { newFolder } from './testing/stores.ts'

const overloaded = (usage?: AgentError['usage']) => new CapstanError('busy', { code: 'invalid-request', ...(usage && { usage }) })

/** Aborts the run once the tool runs: what was started has no outcome. */
async function abortIn(toolName: string, agent: Agent, journal: Journal): Promise<void> {
  const run = agent.stream('go', { journal, runId: 'r' })
  run.on('tool-start', (event) => {
    if (event.toolName === toolName) setImmediate(() => run.abort())
  })
  await run.result.catch(() => {})
}

const never = (): Promise<string> => new Promise(() => {})

test('a second replay of a journal asks for the same operations and writes nothing', async () => {
  const folder = newFolder()
  const options = { prepareStep: () => ({ instructions: String(Math.random()) }), stopWhen: () => Math.random() > 2 }
  const { agent } = shop({ needsApproval: () => false }, options)
  await agent.generate('go', { journal: fileJournal(folder), runId: 'r' })
  const first = await fileJournal(folder).read('r')
  const appended: RunRecord[] = []
  const inner = fileJournal(folder)
  const watching: Journal = {
    ...inner,
    async open(runId, head) {
      const run = await inner.open(runId, head)
      const append: typeof run.append = async (records, isDurable) => {
        appended.push(...records)
        await run.append(records, isDurable)
      }
      return { ...run, append }
    },
  }
  await agent.resume('r', { journal: watching }).result

  expect(appended).toEqual([])
  expect(first.records.map(({ id }) => id)).toContain('steps/1/prepare')
})

test('a resume that changes nothing adds nothing to the log', async () => {
  const folder = newFolder()
  const { agent } = shop()
  for (let look = 0; look < 3; look++) await agent.generate('go', { journal: fileJournal(folder), runId: 'r' })
  const { records } = await fileJournal(folder).read('r')
  expect(records.filter(({ type }) => type === 'end')).toHaveLength(1)
})

test('changed instructions are a warning', async () => {
  const folder = newFolder()
  await shop({ needsApproval: false }, { instructions: 'Be short.' }).agent.generate('go', { journal: fileJournal(folder), runId: 'r' })
  const run = shop({ needsApproval: false }, { instructions: 'Be brief.' }).agent.resume('r', { journal: fileJournal(folder) })
  const codes: string[] = []
  run.on('warning', ({ warning }) => codes.push(warning.code))
  const result = await run.result

  expect(codes).toEqual(['definition-changed'])
  expect(result).toMatchObject({ text: 'Paid.', warnings: [{ message: expect.stringContaining('the instructions') }] })
})

test('a changed tool with a call of unknown outcome is refused', async () => {
  const folder = newFolder()
  await abortIn('pay', shop({ needsApproval: false, execute: never }).agent, fileJournal(folder))
  const changed = shop({ needsApproval: false, version: '2' })
  await expect(changed.agent.resume('r', { journal: fileJournal(folder) }).result).rejects.toMatchObject({ code: 'state-mismatch' })
  expect(changed.pay.inputs).toEqual([])
})

test('a replay that takes another course, because a tool lost its approval, is refused', async () => {
  const folder = newFolder()
  await shop().agent.generate('go', { journal: fileJournal(folder), runId: 'r' })
  const careless = shop({ needsApproval: false })
  await expect(careless.agent.resume('r', { journal: fileJournal(folder) }).result).rejects.toMatchObject({ code: 'state-mismatch' })
  expect(careless.pay.inputs).toEqual([])
})

test.each([
  ['done with this output', { output: 'paid by hand' }, { status: 'ok', text: 'paid by hand' }, 1],
  ['failed', { failed: 'no money left' }, { status: 'error', text: 'no money left' }, 1],
  ['run again', { repeat: true as const }, { status: 'ok', text: 'paid' }, 2],
])('a once tool of unknown outcome is asked about, and the answer is followed: %s', async (_, answer, toolResult, runs) => {
  const folder = newFolder()
  const crashed = shop({ needsApproval: false, execute: never })
  await abortIn('pay', crashed.agent, fileJournal(folder))
  const { agent, pay } = shop({ needsApproval: false, execute: () => 'paid' })
  const unknown = await agent.resume('r', { journal: fileJournal(folder) }).result
  expect(unknown).toMatchObject({ stopReason: 'outcome-unknown', pending: [{ position: 'steps/1/tools/1/outcome/1', about: { toolName: 'pay' } }] })
  const answers = { [unknown.pending[0]?.id ?? '']: answer }
  const result = await agent.resume('r', { journal: fileJournal(folder), answers }).result

  expect(result.steps[0]?.toolResults[1]).toMatchObject(toolResult)
  expect(new Set([...crashed.pay.keys, ...pay.keys]).size).toBe(1)
  expect(crashed.pay.inputs.length + pay.inputs.length).toBe(runs)
})

test('an aborted attempt counts as unknown, so the cost is a bound', async () => {
  const folder = newFolder()
  const { agent } = shop({ needsApproval: false })
  const run = agent.stream('go', { journal: fileJournal(folder), runId: 'r' })
  run.on('text-delta', () => run.abort())
  await run.result.catch(() => {})
  const result = await agent.resume('r', { journal: fileJournal(folder) }).result
  expect(result).toMatchObject({ status: 'finished', usage: { unknownAttempts: 1 }, cost: { currency: 'USD', atLeast: 30, atMost: expect.any(Number) } })
})

test('a run that a failed request ended continues with another request, and the usage of the failed one is counted', async () => {
  const folder = newFolder()
  const usage = { inputTokens: 7, outputTokens: 1, totalTokens: 8 }
  const broken = new Agent({ model: replyingModel([{ calls: [['look', {}]] }, { error: overloaded(usage) }]), tools: [noteTool('look')] })
  await expect(broken.generate('go', { journal: fileJournal(folder), runId: 'r' })).rejects.toMatchObject({ code: 'invalid-request' })
  const mended = new Agent({ model: replyingModel([{ calls: [['look', {}]] }, { text: 'fine' }]), tools: [noteTool('look')] })
  const result: RunResult = await mended.generate('go', { journal: fileJournal(folder), runId: 'r' })

  expect(result).toMatchObject({ text: 'fine', usage: { totalTokens: 15 + 8 + 15, unknownAttempts: 0 } })
})

test('active time of all processes counts, pauses do not', async () => {
  const folder = newFolder()
  const slow = shop({ execute: () => new Promise((resolve) => setTimeout(resolve, 60, 'paid')) })
  const paused = await slow.agent.generate('go', { journal: fileJournal(folder), runId: 'r' })
  await new Promise((resolve) => setTimeout(resolve, 300))
  const answers = { [paused.pending[0]?.id ?? '']: { approve: true } as const }
  const result = await slow.agent.resume('r', { journal: fileJournal(folder), answers }).result

  expect(result.activeMs).toBeGreaterThanOrEqual(paused.activeMs + 55)
  expect(result.activeMs).toBeLessThan(paused.activeMs + 290)
})

test('a replay that takes another course, because it is to end earlier, is refused', async () => {
  const folder = newFolder()
  await shop({ needsApproval: false }).agent.generate('go', { journal: fileJournal(folder), runId: 'r' })
  const { agent } = shop({ needsApproval: false }, { stopWhen: () => true })
  await expect(agent.resume('r', { journal: fileJournal(folder) }).result).rejects.toMatchObject({ code: 'state-mismatch' })
})
