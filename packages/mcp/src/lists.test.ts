import { Agent } from '@capstan/core'
import { replyingModel } from '@capstan/test-kit'
import { expect, test } from 'vitest'
import { callTool } from './testing/call.ts'
import { startServer } from './testing/start-server.ts'

const limits = { steps: 8 }

test('a server of 5,000 tools goes to the catalogue, and a run finds and calls one of them', async () => {
  const { server } = await startServer('many', { needsApproval: false })
  expect(server.tools).toHaveLength(5_000)
  const model = replyingModel([
    { calls: [['search_tools', { query: 'thing number 4711' }]] },
    { calls: [['call_tool', { name: 'test__tool_4711', input: { text: 'x' } }]] },
    { text: 'Done.' },
  ])
  const { steps, status } = await new Agent({ model, tools: [server] }).generate('Do thing 4711.', { limits })
  expect(status).toBe('finished')
  expect(steps[0]?.toolResults[0]?.foundTools).toContain('test__tool_4711')
  expect(steps[1]?.toolResults[0]).toMatchObject({ toolName: 'test__tool_4711', status: 'ok', text: 'echo x' })
}, 30_000)

test('a list that changes in the middle of a run: a search finds what came, and what is gone is an unknown tool', async () => {
  const { server } = await startServer('plain', { needsApproval: false })
  const model = replyingModel(
    [
      { calls: [['call_tool', { name: 'test__change', input: {} }]] },
      { calls: [['search_tools', { query: 'came later' }]] },
      { calls: [['call_tool', { name: 'test__late', input: {} }]] },
      { calls: [['call_tool', { name: 'test__echo', input: { text: 'x' } }]] },
      { text: 'Done.' },
    ],
    { onRequest: (step) => (step === 2 ? expect.poll(() => server.toolName('late')).toBe('test__late') : undefined) },
  )
  const { steps } = await new Agent({ model, tools: [server], catalogue: 'always', guard: 'off' }).generate('Go.', { limits })
  const results = steps.flatMap(({ toolResults }) => toolResults)
  expect(results.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'unknown-tool'])
  expect(results[1]?.foundTools).toContain('test__late')
})

test('a run with a list keeps the tools that it began with, and one that is gone is an unknown tool', async () => {
  const { server } = await startServer('plain', { needsApproval: false })
  const model = replyingModel([{ calls: ['test__change'] }, { calls: ['test__echo', 'test__late'] }, { text: 'Done.' }], {
    onRequest: (step) => (step === 2 ? expect.poll(() => server.toolName('late')).toBe('test__late') : undefined),
  })
  const { steps } = await new Agent({ model, tools: [...server.tools], guard: 'off' }).generate('Go.', { limits })
  expect(steps[1]?.toolResults.map(({ status, text }) => [status, text])).toEqual([
    ['unknown-tool', "Not run: the MCP server test does not have the tool 'test__echo' any more."],
    ['unknown-tool', expect.stringContaining("there is no tool 'test__late'")],
  ])
})

test('results are untrusted: after one, the guard of the agent asks about further calls, also where none needs an approval', async () => {
  const { server } = await startServer('plain', { needsApproval: false })
  const model = replyingModel([{ calls: ['test__echo'] }, { calls: ['test__environment'] }, { text: 'Done.' }])
  const { status, steps, pending } = await new Agent({ model, tools: [...server.tools] }).generate('Go.', { limits })
  expect([status, steps[0]?.toolResults[0]?.status, pending.length]).toEqual(['paused', 'ok', 1])
})

test('tools that did not change stay the same objects, and the array, too', async () => {
  const { server } = await startServer('plain', { needsApproval: false })
  const before = server.tools
  await server.refresh()
  expect(server.tools).toBe(before)
  await callTool(server, 'test__change')
  await expect.poll(() => server.toolName('late')).toBe('test__late')
  expect(server.tools).not.toBe(before)
  expect(server.tools[0]).toBe(before[0])
})

test('definitions that break a rule are skipped with one warning, and do not stop the others', async () => {
  const { server, warnings } = await startServer('hostile', { needsApproval: false })
  const reasons = Object.fromEntries(server.skipped.map(({ name, reason }) => [name, reason]))
  expect(reasons).toMatchObject({
    deep: 'its definition is nested too deep',
    remote: expect.stringContaining('has no target'),
    doubling: expect.stringContaining('must be of type "object"'),
    large: expect.stringContaining('100000 characters'),
    circle: expect.any(String),
    text: expect.stringContaining('"object"'),
    no_schema: 'it has no input schema',
    echo: 'the server lists this name twice',
  })
  expect(warnings).toEqual([
    expect.objectContaining({ type: 'tools-skipped', message: expect.stringMatching(/^MCP server test: 12 of its tools cannot be used: "deep"/) }),
  ])
  expect(await callTool(server, 'test__echo', { input: { text: 'x' } })).toMatchObject({ text: 'echo x' })
})

test('a callback that throws does not stop a server', async () => {
  const onWarning = (): never => {
    throw new Error('a defect of the caller')
  }
  const { server } = await startServer('hostile', { onWarning })
  expect(server.skipped).toHaveLength(12)
})

test('a pattern that takes for ever elsewhere is checked in no time', async () => {
  const { server } = await startServer('hostile', { needsApproval: false })
  expect(await callTool(server, 'test__slow_pattern', { input: { text: `${'a'.repeat(10_000)}!` } })).toMatchObject({ status: 'invalid-input' })
})

test('no name, description or schema has characters that move a cursor or hide text', async () => {
  const { server } = await startServer('hostile')
  const shown = JSON.stringify(server.tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })))
  expect(shown).toContain('A[2J text.')
  expect(shown).not.toMatch(/\\u001b|\\u0007|\u202e|\u{e0041}/u)
})

test('a list without an end is an error', async () => {
  await expect(startServer('endless')).rejects.toMatchObject({ code: 'mcp-failed', message: expect.stringContaining('it names a page twice') })
})
