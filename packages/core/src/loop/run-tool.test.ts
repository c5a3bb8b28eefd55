import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { ToolError } from '../contract/errors.ts'
import type { Tool } from '../contract/tool.ts'
import { call, scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'

/** Runs one call of a tool and returns its result with the run's. */
async function runOnce(tool: Tool) {
  const result = await new Agent({ model: scriptedModel([{ calls: [call(tool.name)] }, { text: 'ok' }]), tools: [tool] }).generate('go')
  return { result, output: result.steps[0]?.toolResults[0] }
}

const outputs: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['a text', 'x'],
  ['an empty object', {}],
  ['no text', { status: 'ok' }],
  ['a text that is a number', { status: 'ok', text: 5 }],
  ['an unknown status', { status: 'bogus', text: 'x' }],
]

test.each(outputs)('a tool that returns %s gives an error result, and the run continues', async (_, returned) => {
  const { result, output } = await runOnce(testTool('odd', () => 'x', { run: async () => returned as never }))
  expect([result.text, output?.status, typeof output?.text]).toEqual(['ok', 'error', 'string'])
})

test('what a tool returns beside its output is not recorded', async () => {
  const returned = { status: 'ok' as const, text: 'x', secret: 'password' }
  const { result } = await runOnce(testTool('odd', () => 'x', { run: async () => returned }))
  expect(JSON.stringify(result)).not.toContain('password')
})

test('the message of a ToolError reaches the model', async () => {
  const { output } = await runOnce(
    testTool('city', () => {
      throw new ToolError('Ask for a city in Europe.')
    }),
  )
  expect(output).toMatchObject({ status: 'error', text: expect.stringContaining('Ask for a city in Europe.') })
})

test('a thrown value that throws when it is looked at is an error result', async () => {
  const hostile = new Proxy(
    {},
    {
      getPrototypeOf() {
        throw new Error('no')
      },
    },
  )
  const { result, output } = await runOnce(
    testTool('odd', () => {
      throw hostile
    }),
  )
  expect([result.text, output?.status]).toEqual(['ok', 'error'])
})

test('the same failure has the same id, and another one has another', async () => {
  const failing = (message: string): Tool =>
    testTool('broken', () => {
      throw new Error(message)
    })
  const texts = await Promise.all(['boom', 'boom', 'bang'].map(async (message) => (await runOnce(failing(message))).output?.text))

  expect(texts[0]).toBe(texts[1])
  expect(texts[0]).not.toBe(texts[2])
})

test('a tool may change its input: the message of the model stays as it was', async () => {
  const tool = testTool('note', (input) => {
    Object.assign(input as object, { changed: true })
    return 'ok'
  })
  const { result } = await runOnce(tool)
  expect(result.messages[1]).toMatchObject({ content: [{ inputText: '{}' }] })
})
