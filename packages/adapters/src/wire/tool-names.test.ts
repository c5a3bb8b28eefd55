import type { Message, ModelRequest, ToolDefinition } from '@capstan/core'
import { expect, test } from 'vitest'
import { evolink, moonshot, openaiCompatible } from '../index.ts'
import { collect } from '../testing/collect.ts'
import { sendStream, startProvider, textStream } from '../testing/provider-server.ts'

const apiKey = 'sk-test-0123456789'
const toolOf = (name: string): ToolDefinition => ({ name, description: 'T.', inputSchema: { type: 'object', properties: {} } })

function history(name: string): readonly Message[] {
  return [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: [{ type: 'tool-call', toolCallId: 'c', toolName: name, inputText: '{}' }] },
    { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'c', toolName: name, status: 'ok', text: '1' }] },
  ]
}

/** The names of the tools and of the past calls, as they went out. */
async function namesOf(make: (baseURL: string) => ReturnType<typeof openaiCompatible>, request: ModelRequest): Promise<readonly unknown[]> {
  await using server = await startProvider((response) => sendStream(response, textStream('ok')))
  const { error } = await collect(make(server.baseURL), request)
  if (error !== undefined) throw error
  const body = server.requests[0]?.body as { tools: { function: { name: string } }[]; messages: { tool_calls?: { function: { name: string } }[] }[] }
  return [body.tools.map((tool) => tool.function.name), body.messages.flatMap((message) => message.tool_calls ?? []).map((call) => call.function.name)]
}

const plain = (baseURL: string) => openaiCompatible({ baseURL, model: 'm' })
const kimiThree = (baseURL: string) => moonshot('kimi-k3', { baseURL, apiKey })
const long = `a${'b'.repeat(99)}`

test.each([
  ['a name with a dot of a tool that is offered', plain, 'math.sum', [['math.sum'], ['math.sum']]],
  ['a name of 100 characters, where 128 are allowed', kimiThree, long, [[long], [long]]],
  ['a name of 2 characters', plain, 'ls', [['ls'], ['ls']]],
])('%s goes out as it is, as a tool and in the history', async (_name, make, toolName, expected) => {
  expect(await namesOf(make, { messages: history(toolName), tools: [toolOf(toolName)] })).toEqual(expected)
})

test.each([
  ['with a dot', plain, 'math.sum', 'math_sum'],
  ['with a blank, on Kimi K3', kimiThree, 'do it', 'do_it'],
  ['of 100 characters', plain, long, long.slice(0, 64)],
  ['that is empty', plain, '', 'unknown'],
  ['with a letter that no endpoint takes', plain, 'größe', 'gr__e'],
  ['of 2 characters is sent, although tools need 3:', (baseURL: string) => evolink('kimi-k2-thinking', { baseURL, apiKey }), 'ls', 'ls'],
])('a name %s that only a model made up is changed, so that the history can be sent', async (_name, make, toolName, sent) => {
  const [, past] = await namesOf(make, { messages: history(toolName), tools: [toolOf('other')] })
  expect(past).toEqual([sent])
})

test("ids of Kimi on a server of one's own have the name that is sent", async () => {
  await using server = await startProvider((response) => sendStream(response, textStream('ok')))
  const { profiles } = await import('../index.ts')
  const model = openaiCompatible({ baseURL: server.baseURL, model: 'm', profile: profiles.vllmKimi })
  await collect(model, { messages: history('math.sum'), tools: [toolOf('math.sum')] })
  expect(server.requests[0]?.text).toContain('"id":"functions.math.sum:0"')
})
