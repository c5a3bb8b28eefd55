import { expect, test, vi } from 'vitest'
import { agentProgram, startProgram } from './testing/program.ts'
import { type Provider, replyStream, sendStream, startProvider } from './testing/provider.ts'
import { eventsOf, exchangesOf, newFolder, testKey, textIn, traceIn, tracesIn } from './testing/traces.ts'

// Each test starts processes, which takes seconds where many tests run at once.
vi.setConfig({ testTimeout: 30_000 })

/** Calls `look` at each request before the last one, then answers. */
function provider(requests: number, onRequest: (index: number) => void = () => undefined): Promise<Provider> {
  return startProvider((response, _request, index) => {
    onRequest(index)
    const reply = index + 1 < requests ? { call: { name: 'look', input: { q: index } } } : { texts: ['done'] }
    return sendStream(response, [replyStream(reply)])
  })
}

test('CAPSTAN_TRACE and one import record every run of a program that knows nothing of traces', async () => {
  await using server = await provider(2)
  const folder = newFolder()
  const program = `${agentProgram} console.log((await agentWith({}).generate('go')).text)`
  const env = { BASE_URL: server.baseURL, CAPSTAN_TRACE: folder }
  const ended = await startProgram(program, { args: ['--import', '@capstan/trace/register'], env }).ended
  expect(ended).toEqual({ code: 0, stdout: 'done\n', stderr: '' })
  const lines = await traceIn(folder)
  expect(eventsOf(lines).at(-1)).toMatchObject({ type: 'run-end', status: 'finished', text: 'done' })
  expect(exchangesOf(lines)).toHaveLength(2)
  expect(textIn(folder)).not.toContain(testKey)
})

test('without the import of register nothing is recorded, whatever else is imported and the environment says', async () => {
  await using server = await provider(1)
  const folder = newFolder()
  const program = `${agentProgram} import '@capstan/trace'; console.log((await agentWith({}).generate('go')).text)`
  expect(await startProgram(program, { env: { BASE_URL: server.baseURL, CAPSTAN_TRACE: folder } }).ended).toMatchObject({ code: 0, stdout: 'done\n' })
  expect(await tracesIn(folder)).toEqual([])
})

test.each([
  ['no folder', '', /CAPSTAN_TRACE is not set/],
  ['a folder that cannot be made', '/proc/none/traces', /cannot be written to \/proc\/none\/traces/],
])('register with %s is a warning, and the program runs', async (_, CAPSTAN_TRACE, message) => {
  const ended = await startProgram('console.log(1)', { args: ['--import', '@capstan/trace/register'], env: { CAPSTAN_TRACE } }).ended
  expect(ended).toMatchObject({ code: 0, stdout: '1\n', stderr: expect.stringMatching(message) })
})

// Each kill comes when another request has arrived, so the steps before it are finished.
test.each([1, 4, 9])('a process that is killed at request %i leaves every step and every exchange that was finished', async (killAt) => {
  let child: ReturnType<typeof startProgram>['child'] | undefined
  await using server = await provider(50, (index) => {
    if (index === killAt) child?.kill('SIGKILL')
  })
  const folder = newFolder()
  const program = `${agentProgram} import { traceTo } from '@capstan/trace'; await agentWith({ trace: traceTo(process.env.FOLDER) }).generate('go')`
  const running = startProgram(program, { env: { BASE_URL: server.baseURL, FOLDER: folder } })
  child = running.child
  expect((await running.ended).code).toBeNull()
  const lines = await traceIn(folder)
  const finished = Array.from({ length: killAt }, (_, index) => index + 1)
  expect(eventsOf(lines).flatMap((event) => (event.type === 'step-end' ? [event.step] : []))).toEqual(finished)
  expect(exchangesOf(lines).map(({ step, endAt }) => [step, endAt > 0])).toEqual(finished.map((step) => [step, true]))
})

test('a program that ends in a tool leaves what was under way', async () => {
  await using server = await provider(2)
  const folder = newFolder()
  const program = `${agentProgram} import { traceTo } from '@capstan/trace'
    const crash = tool({ name: 'look', description: 'Looks.', inputSchema: jsonSchema({ type: 'object' }), execute: () => process.exit(7) })
    await agentWith({ tools: [crash], trace: traceTo(process.env.FOLDER) }).generate('go')`
  expect((await startProgram(program, { env: { BASE_URL: server.baseURL, FOLDER: folder } }).ended).code).toBe(7)
  expect(eventsOf(await traceIn(folder)).at(-1)).toMatchObject({ type: 'tool-start', toolName: 'look' })
})

// The fifth call: by then a step takes less time than lines may wait.
test('a tool that kills its process leaves the exchange that called it, and its start', async () => {
  await using server = await provider(9)
  const folder = newFolder()
  const program = `${agentProgram} import { traceTo } from '@capstan/trace'
    const execute = ({ q }) => q < 4 ? 'seen' : process.kill(process.pid, 'SIGKILL')
    const crash = tool({ name: 'look', description: 'Looks.', inputSchema: jsonSchema({ type: 'object' }), execute })
    await agentWith({ tools: [crash], trace: traceTo(process.env.FOLDER) }).generate('go')`
  expect((await startProgram(program, { env: { BASE_URL: server.baseURL, FOLDER: folder } }).ended).code).toBeNull()
  const lines = await traceIn(folder)
  expect(exchangesOf(lines).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5])
  expect(eventsOf(lines).at(-1)).toMatchObject({ type: 'tool-start', step: 5, toolName: 'look' })
})

test('on a full disk a run finishes, with one warning', async () => {
  await using server = await provider(30)
  const folder = newFolder()
  const program = `${agentProgram} import { traceTo } from '@capstan/trace'
    const { text, warnings } = await agentWith({ trace: traceTo(process.env.FOLDER) }).generate('go')
    console.log(JSON.stringify({ text, warnings }))`
  // Files of at most 16 blocks of 512 bytes; a write beyond them fails.
  const ended = await startProgram(program, { env: { BASE_URL: server.baseURL, FOLDER: folder }, shell: 'ulimit -f 16' }).ended
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  const { text, warnings } = JSON.parse(ended.stdout) as { text: string; warnings: { code: string; message: string }[] }
  expect(text).toBe('done')
  expect(warnings).toEqual([
    { code: 'trace-failed', message: expect.stringMatching(/^The trace in .* could not be written, so the rest of this run is not recorded: EFBIG/) },
  ])
  const steps = eventsOf(await traceIn(folder)).filter(({ type }) => type === 'step-end')
  expect(steps.length).toBeGreaterThan(0)
  expect(steps.length).toBeLessThan(30)
})
