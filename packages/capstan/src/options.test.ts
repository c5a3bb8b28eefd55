import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { replayAgent, traceTo, traceToFile } from '@capstan/trace'
import { serveViewer, TraceSource, writeReport } from '@capstan/trace/viewer'
import { afterAll, expect, test } from 'vitest'
import { Agent, createLimiter, decide, deepseek, evolink, fileJournal, moonshot, openaiCompatible, postgresJournal, sqliteJournal, tool } from './index.ts'
import { fakeClock, openTape, scriptedModel, startSimulator } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'capstan-options-'))
afterAll(() => rmSync(folder, { recursive: true }))

const connection = { baseURL: 'http://127.0.0.1:9', apiKey: 'test-key' }
const model = evolink('deepseek-chat', connection)
const agent = new Agent({ model })
const traces = TraceSource.ofFolder(folder)
const look = { name: 'look', description: 'Looks.', inputSchema: { type: 'object' }, execute: () => 'ok' } as const

/** Every public function that takes an object of options: a call with an option that it does not have, and the option meant. */
const calls: readonly (readonly [string, (unknown: Record<string, unknown>) => unknown, string, string])[] = [
  ['new Agent', (unknown) => new Agent({ model, ...unknown }), 'system', 'instructions'],
  ['limits', (unknown) => new Agent({ model, limits: unknown }), 'maxSteps', 'limits.steps'],
  ['attempts', (unknown) => new Agent({ model, attempts: unknown }), 'maxRetries', 'attempts.max'],
  ['generate', (unknown) => agent.generate('x', unknown), 'abortSignal', 'signal'],
  ['stream', (unknown) => agent.stream('x', unknown), 'abort_signal', 'signal'],
  ['resume', (unknown) => agent.resume('x', { journal: fileJournal(folder), ...unknown }), 'approvals', 'answers'],
  ['run.stop', (unknown) => agent.stream('x').stop(unknown), 'grace', 'graceMs'],
  ['model.complete', (unknown) => model.complete({ messages: [{ role: 'user', content: 'x' }] }, unknown), 'abortSignal', 'signal'],
  ['createLimiter', (unknown) => createLimiter(unknown), 'maxConcurrency', 'concurrency'],
  ['evolink', (unknown) => evolink('deepseek-chat', { ...connection, ...unknown }), 'maxTokens', 'maxOutputTokens'],
  ['deepseek', (unknown) => deepseek('deepseek-chat', { ...connection, ...unknown }), 'stop', 'stopSequences'],
  ['moonshot', (unknown) => moonshot('kimi-k2.6', { ...connection, ...unknown }), 'top_p', 'topP'],
  ['openaiCompatible', (unknown) => openaiCompatible({ ...connection, model: 'm', ...unknown }), 'baseUrl', 'baseURL'],
  ['timeouts', (unknown) => openaiCompatible({ ...connection, model: 'm', timeouts: unknown }), 'header', 'timeouts.headersMs'],
  ['tool', (unknown) => tool({ ...look, ...unknown }), 'parameters', 'inputSchema'],
  ['fileJournal', (unknown) => fileJournal(folder, unknown), 'lease', 'leaseMs'],
  ['sqliteJournal', (unknown) => sqliteJournal(join(folder, 'a.db'), unknown), 'lease', 'leaseMs'],
  ['postgresJournal', (unknown) => postgresJournal('postgres://localhost/runs', unknown), 'schemaName', 'schema'],
  ['openTape', (unknown) => openTape(join(folder, 'a.tape.jsonl'), unknown), 'mode', 'record'],
  ['traceTo', (unknown) => traceTo(folder, unknown), 'maxFilesize', 'maxFile'],
  ['traceToFile', (unknown) => traceToFile(join(folder, 'a.trace.jsonl'), unknown), 'mask', 'redact'],
  ['replayAgent', (unknown) => replayAgent({ agent, exchanges: [], lines: [], ...unknown }), 'tools', 'runTools'],
  ['serveViewer', (unknown) => serveViewer(traces, unknown), 'folow', 'follow'],
  ['writeReport', (unknown) => writeReport(traces, async () => {}, unknown), 'titel', 'title'],
  ['scriptedModel', (unknown) => scriptedModel([], unknown), 'contextwindow', 'contextWindow'],
  ['fakeClock', (unknown) => fakeClock(unknown), 'nowMs', 'now'],
]

test.each(calls)('%s refuses an unknown option and names the right one', async (_, call, name, right) => {
  const error = await Promise.resolve()
    .then(() => call({ [name]: 1 }))
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
  expect(error).toMatchObject({ isAgentError: true, message: expect.stringContaining(`${name}\``) })
  expect(error).toMatchObject({ message: expect.stringContaining(`\`${right}`) })
})

test('the simulator refuses an unknown option', async () => {
  await expect(startSimulator({ scripts: [] } as object)).rejects.toThrow('scripts')
})

test.each([
  ['agent.generate', () => agent.generate('x', { journal: folder as never })],
  ['decide', () => decide(folder as never, 'one', {})],
])('a path in place of a journal is refused by %s, with what to write', async (_, call) => {
  await expect(call()).rejects.toMatchObject({ code: 'invalid-options', message: expect.stringContaining(`fileJournal("${folder}")`) })
})
