import { type Simulator, startSimulator } from '@capstan/simulator'
import { APICallError, generateText } from 'ai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aiProvider } from './support/ai-client.ts'
import { allModels, clients, deepseekModels, isKimi, kimiModels, toolModels } from './support/clients.ts'
import { type Client, stringTool } from './support/parsed.ts'

/** The rows follow the two pages of Evolink. */
interface Row {
  readonly models: readonly string[]
  readonly parameters: Readonly<Record<string, unknown>>
  /** The parameter that the 400 names. Absent if the request is accepted. */
  readonly refused?: string
  readonly prompt?: string
  readonly withTools?: boolean
}

const chat = ['deepseek-chat']
const reasoner = ['deepseek-reasoner']
const prompt = 'Answer in JSON.'
const strings = (count: number, text: string): readonly string[] => Array.from({ length: count }, () => text)

const rows: readonly Row[] = [
  ...[0, 1, 2].map((temperature) => ({ models: toolModels, parameters: { temperature } })),
  ...[-0.1, 2.1, '1'].map((temperature) => ({ models: toolModels, parameters: { temperature }, refused: 'temperature' })),
  { models: reasoner, parameters: { temperature: 1 }, refused: 'temperature' },
  ...[0, 0.5, 1].map((top_p) => ({ models: toolModels, parameters: { top_p } })),
  ...[-0.1, 1.1].map((top_p) => ({ models: toolModels, parameters: { top_p }, refused: 'top_p' })),
  { models: reasoner, parameters: { top_p: 1 }, refused: 'top_p' },
  { models: toolModels, parameters: { temperature: 1, top_p: 0.9 } },
  ...[1, 40].map((top_k) => ({ models: kimiModels, parameters: { top_k } })),
  ...[0, 1.5, -1].map((top_k) => ({ models: kimiModels, parameters: { top_k }, refused: 'top_k' })),
  { models: deepseekModels, parameters: { top_k: 1 }, refused: 'top_k' },
  ...[1, 5].map((n) => ({ models: kimiModels, parameters: { n } })),
  ...[0, 6, 1.5].map((n) => ({ models: kimiModels, parameters: { n }, refused: 'n' })),
  { models: kimiModels, parameters: { n: 1, temperature: 0 } },
  { models: kimiModels, parameters: { n: 2, temperature: 0.009 }, refused: 'n' },
  { models: kimiModels, parameters: { n: 2, temperature: 0.01 } },
  { models: deepseekModels, parameters: { n: 1 }, refused: 'n' },
  ...[1, 4096].map((max_tokens) => ({ models: allModels, parameters: { max_tokens } })),
  ...[0, -1, 1.5].map((max_tokens) => ({ models: allModels, parameters: { max_tokens }, refused: 'max_tokens' })),
  ...[-2, 2].flatMap((value) => [
    { models: allModels, parameters: { presence_penalty: value } },
    { models: allModels, parameters: { frequency_penalty: value } },
  ]),
  ...[-2.1, 2.1].flatMap((value) => [
    { models: allModels, parameters: { presence_penalty: value }, refused: 'presence_penalty' },
    { models: allModels, parameters: { frequency_penalty: value }, refused: 'frequency_penalty' },
  ]),
  { models: allModels, parameters: { stop: 'END' } },
  { models: kimiModels, parameters: { stop: strings(5, 'END') } },
  { models: kimiModels, parameters: { stop: strings(6, 'END') }, refused: 'stop' },
  { models: kimiModels, parameters: { stop: ['é'.repeat(16)] } },
  { models: kimiModels, parameters: { stop: ['é'.repeat(17)] }, refused: 'stop' },
  { models: deepseekModels, parameters: { stop: strings(16, 'x'.repeat(100)) } },
  { models: deepseekModels, parameters: { stop: strings(17, 'x') }, refused: 'stop' },
  { models: toolModels, parameters: { response_format: { type: 'text' } } },
  { models: toolModels, parameters: { response_format: { type: 'json_object' } }, prompt },
  { models: toolModels, parameters: { response_format: { type: 'json_object' } }, refused: 'json' },
  { models: toolModels, parameters: { response_format: { type: 'xml' } }, refused: 'response_format' },
  { models: reasoner, parameters: { response_format: { type: 'text' } }, refused: 'response_format' },
  { models: reasoner, parameters: { response_format: { type: 'json_object' } }, prompt, refused: 'response_format' },
  { models: toolModels, parameters: {}, withTools: true },
  { models: reasoner, parameters: {}, withTools: true, refused: 'tools' },
  ...['none', 'auto'].map((tool_choice) => ({ models: toolModels, parameters: { tool_choice }, withTools: true })),
  { models: toolModels, parameters: { tool_choice: 'sometimes' }, withTools: true, refused: 'tool_choice' },
  { models: chat, parameters: { tool_choice: 'required' }, withTools: true },
  { models: kimiModels, parameters: { tool_choice: 'required' }, withTools: true, refused: 'tool_choice' },
  { models: chat, parameters: { tool_choice: 'required', thinking: { type: 'enabled' } }, withTools: true, refused: 'tool_choice' },
  { models: deepseekModels, parameters: { logprobs: true } },
  ...[0, 20].map((top_logprobs) => ({ models: deepseekModels, parameters: { logprobs: true, top_logprobs } })),
  ...[-1, 21].map((top_logprobs) => ({ models: deepseekModels, parameters: { logprobs: true, top_logprobs }, refused: 'top_logprobs' })),
  { models: deepseekModels, parameters: { top_logprobs: 2 }, refused: 'top_logprobs' },
  { models: kimiModels, parameters: { logprobs: true }, refused: 'logprobs' },
  ...['enabled', 'disabled'].map((type) => ({ models: deepseekModels, parameters: { thinking: { type } } })),
  { models: deepseekModels, parameters: { thinking: { type: 'often' } }, refused: 'thinking' },
  { models: kimiModels, parameters: { thinking: { type: 'enabled' } }, refused: 'thinking' },
  { models: allModels, parameters: { seed: 7, user: 'somebody' } },
]

const cases = rows.flatMap((row) => row.models.map((model) => ({ ...row, model, shown: JSON.stringify(row.parameters).slice(0, 80) })))
/** The AI SDK allows only three values for it: see below. */
const expressible = ({ library }: Client, { parameters }: Row): boolean => library === 'openai' || parameters['tool_choice'] !== 'sometimes'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())

describe.each(clients)('$name', (client) => {
  const ask = ({ model, parameters, prompt: asked, withTools }: Row & { model: string }) => {
    const tools = withTools ? [stringTool('get_weather', 'city')] : undefined
    return client.ask({ baseURL: simulator.baseURL, model, parameters, tools, prompt: asked })
  }
  const possible = cases.filter((row) => expressible(client, row))

  test.each(possible.filter(({ refused }) => refused === undefined))('$model accepts $shown', async (row) => {
    const { finishReason } = await ask(row)
    expect(['stop', 'length', 'tool_calls']).toContain(finishReason)
    // The parameter must arrive unchanged, because a request without it would be accepted, too.
    expect(simulator.requests.at(-1)?.body).toMatchObject({ ...row.parameters, model: row.model, ...(client.streams && { stream: true }) })
  })

  test.each(possible.filter(({ refused }) => refused !== undefined))('$model refuses $shown, naming $refused', async (row) => {
    const error = await ask(row).then(
      () => 'accepted',
      (reason: unknown) => reason,
    )
    const named = row.refused ?? ''
    if (client.library === 'openai') expectOpenaiRefusal(error, row.model, named)
    else expectAiRefusal(error, row.model, named)
  })
})

/** The body of DeepSeek also names the parameter in a field; that of Kimi has only message and type. */
function expectOpenaiRefusal(error: unknown, model: string, named: string): void {
  expect(error).toBeInstanceOf(OpenAI.BadRequestError)
  const { status, message, type, param } = error as InstanceType<typeof OpenAI.BadRequestError>
  expect([status, message, type]).toEqual([400, expect.stringContaining(named), 'invalid_request_error'])
  if (isKimi(model)) expect(param).toBeUndefined()
  else if (named !== 'json') expect(param).toBe(named)
}

function expectAiRefusal(error: unknown, model: string, named: string): void {
  expect(error).toSatisfy(APICallError.isInstance)
  const { statusCode, isRetryable, message, data } = error as APICallError
  expect([statusCode, isRetryable, message]).toEqual([400, false, expect.stringContaining(named)])
  const { param } = (data as { readonly error: { readonly param?: string } }).error
  if (isKimi(model)) expect(param).toBeUndefined()
  else if (named !== 'json') expect(param).toBe(named)
}

describe('stream_options', () => {
  const parameters = { stream_options: { include_usage: true } }

  test.each(allModels)('%s refuses them without stream, and both clients get the error', async (model) => {
    for (const client of clients.filter(({ streams }) => !streams)) {
      await expect(client.ask({ baseURL: simulator.baseURL, model, parameters })).rejects.toThrow('stream_options')
    }
  })

  test.each(kimiModels)('the strict option of %s refuses them, and both clients get the error', async (model) => {
    await using strict = await startSimulator({ strict: { streamOptions: true } })
    for (const client of clients.filter(({ streams }) => streams)) {
      await expect(client.ask({ baseURL: strict.baseURL, model })).rejects.toThrow('stream_options')
    }
  })
})

describe('what the AI SDK cannot say', () => {
  const settings = (model: string) => ({ model: aiProvider(simulator)(model), prompt: 'Hello.', maxRetries: 0 })
  const sent = () => simulator.requests.at(-1)?.body

  test('topK gives a warning and is not sent: the rows above send it as an option of the provider', async () => {
    const { warnings } = await generateText({ ...settings('kimi-k2-thinking'), topK: 3 })
    expect(warnings).toEqual([{ type: 'unsupported', feature: 'topK' }])
    expect(sent()).not.toHaveProperty('top_k')
  })

  test.each([0, 1.5])('maxOutputTokens %j is refused before any request: the rows above send it as an option of the provider', async (maxOutputTokens) => {
    const before = simulator.requests.length
    await expect(generateText({ ...settings('deepseek-chat'), maxOutputTokens })).rejects.toThrow('Invalid argument')
    expect(simulator.requests).toHaveLength(before)
  })

  test('tool_choice without tools is not sent, and the reply without a call is then an error of the client', async () => {
    await expect(generateText({ ...settings('deepseek-chat'), toolChoice: 'required' })).rejects.toThrow('did not contain a tool call')
    expect(sent()).not.toHaveProperty('tool_choice')
  })

  test('the client has no way to send another tool_choice', async () => {
    await generateText({ ...settings('deepseek-chat'), providerOptions: { evolink: { tool_choice: 'sometimes' } } })
    expect(sent()).not.toHaveProperty('tool_choice')
  })
})

test.each(['openai', 'openai, streamed'])('tool_choice required without tools is a 400 (%s)', async (name) => {
  const client = clients.find((candidate) => candidate.name === name)
  const asked = client?.ask({ baseURL: simulator.baseURL, model: 'deepseek-chat', parameters: { tool_choice: 'required' } })
  await expect(asked).rejects.toThrow('needs at least one tool')
})
