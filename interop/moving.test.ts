import { readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type ScriptedReply, startSimulator } from '@capstan/simulator'
import { OpenAIChatCompletionsModel } from '@openai/agents'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import * as aiSdk from './moving/ai-sdk.ts'
import * as openaiAgents from './moving/openai-agents.ts'

// The foreign code of docs/from-ai-sdk.md and docs/from-openai-agents.md, run as it is shown there.

const weather: readonly ScriptedReply[] = [
  { reasoning: 'A call.', toolCalls: [{ name: 'get_weather', input: { city: 'Oslo' } }] },
  { reasoning: 'It is there.', text: 'Four degrees.' },
]
const payment: readonly ScriptedReply[] = [
  { reasoning: 'A payment.', toolCalls: [{ name: 'pay', input: { invoice: 'INV-7' } }] },
  { reasoning: 'Paid.', text: 'It is paid.' },
]
const object: readonly ScriptedReply[] = [{ reasoning: 'An object.', text: '{"city":"Oslo","celsius":4}' }]
const talk: readonly ScriptedReply[] = [
  { reasoning: 'Hm.', text: 'Hello.' },
  { reasoning: 'Hm.', text: 'Goodbye.' },
]

async function play<Model, Result>(script: readonly ScriptedReply[], modelOf: (url: string) => Model, row: (model: Model) => Promise<Result>): Promise<Result> {
  await using simulator = await startSimulator({ script })
  const result = await row(modelOf(simulator.baseURL))
  simulator.assertDone()
  return result
}

/** What a row writes while it runs. */
async function written(row: (write: (text: string) => void) => Promise<void>): Promise<string> {
  let text = ''
  await row((more) => {
    text += more
  })
  return text
}

/** In the tables of a page, the code of the first cell is theirs, and that of the second one ours. */
function expectNames(page: string, declarations: readonly string[]): void {
  const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')
  const theirs = declarations.map((path) => declarationsOf(path)).join('\n')
  const ours =
    ['api', 'errors'].map((name) => read(`../docs/${name}.md`)).join('\n') +
    declarationsOf('../../packages/core/dist') +
    declarationsOf('../../packages/tools/dist') +
    declarationsOf('../../packages/adapters/dist')
  const rows = [...read(`../docs/${page}.md`).matchAll(/^\| (.*?) \| (.*?) \|$/gm)].slice(1)
  const missing = rows.flatMap(([, left = '', right = '']) => [
    ...namesIn(left).filter((name) => !hasName(theirs, name)),
    ...namesIn(right).filter((name) => !hasName(ours, name)),
  ])
  expect(rows.length).toBeGreaterThan(8)
  expect(missing).toEqual([])
}

/** All declarations of a file or folder of node_modules; of a package that another one installs, too. */
function declarationsOf(path: string): string {
  const root = fileURLToPath(new URL('node_modules/', import.meta.url))
  const folder = path.startsWith('..') ? path.slice(3) : path
  const at = [`${root}${folder}`, `${root}../${folder}`, `${root}.pnpm/node_modules/${folder}`].find((candidate) => isThere(candidate)) ?? path
  if (at.endsWith('.d.ts')) return readFileSync(at, 'utf8')
  const files = readdirSync(at, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.d.ts'))
  return files.map((file) => readFileSync(`${at}/${file}`, 'utf8')).join('\n')
}

function isThere(path: string): boolean {
  try {
    return statSync(path) !== undefined
  } catch {
    return false
  }
}

function namesIn(cell: string): readonly string[] {
  const code = [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text.replace(/'[^']*'/g, ''))
  return [...new Set(code.flatMap((text) => text.match(/[a-z]\w{2,}/gi) ?? []))]
}

function hasName(text: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(text)
}

describe('the AI SDK', () => {
  test('the page names only what the packages have', () => {
    expectNames('from-ai-sdk', ['ai/dist/index.d.ts', '@ai-sdk/openai-compatible/dist/index.d.ts', '@ai-sdk/provider-utils/dist/index.d.ts'])
  })

  test('a run, its events, an output, a conversation', async () => {
    expect(await play(weather, aiSdk.modelOf, aiSdk.run)).toBe('Four degrees.')
    expect(await play(weather, aiSdk.modelOf, (model) => written((write) => aiSdk.stream(model, write)))).toBe('[get_weather] Four degrees.')
    expect(await play(object, aiSdk.modelOf, aiSdk.output)).toEqual({ city: 'Oslo', celsius: 4 })
    expect(await play(talk, aiSdk.modelOf, aiSdk.conversation)).toBe('Goodbye.')
  })

  test.each([true, false])('an approval, %s', async (isAllowed) => {
    expect(await play(payment, aiSdk.modelOf, (model) => aiSdk.approval(model, () => isAllowed))).toBe('It is paid.')
  })
})

describe('the OpenAI Agents SDK', () => {
  test('the page names only what the packages have', () => {
    expectNames('from-openai-agents', ['@openai/agents-core/dist', '@openai/agents-openai/dist'])
  })

  // It does not send the reasoning back that the thinking models of Kimi ask for.
  const plain = (script: readonly ScriptedReply[]): readonly ScriptedReply[] => script.map(({ reasoning: _, ...reply }) => reply)

  test('a run, its events, a session, a limit', async () => {
    const { modelOf } = openaiAgents
    expect(await play(plain(weather), modelOf, openaiAgents.ask)).toBe('Four degrees.')
    expect(await play(plain(weather), modelOf, (model) => written((write) => openaiAgents.stream(model, write)))).toBe('[get_weather] Four degrees.')
    expect(await play(plain(talk), modelOf, openaiAgents.session)).toBe('Goodbye.')
    expect(await play(plain(weather.slice(0, 1)), modelOf, openaiAgents.limit)).toBe('too many turns')
  })

  test('an output is asked for as json_schema, which DeepSeek refuses', async () => {
    await expect(play(plain(object), openaiAgents.modelOf, openaiAgents.output)).rejects.toThrow(/response_format/)
  })

  test('the reasoning is not sent back, so a thinking model refuses the second request', async () => {
    const modelOf = (baseURL: string) => new OpenAIChatCompletionsModel(new OpenAI({ baseURL, apiKey: 'test-key' }), 'kimi-k2-thinking')
    await expect(play(weather, modelOf, openaiAgents.ask)).rejects.toThrow(/reasoning_content is missing/)
  })

  test.each([true, false])('an approval, %s', async (isAllowed) => {
    expect(await play(plain(payment), openaiAgents.modelOf, (model) => openaiAgents.approval(model, () => isAllowed))).toBe('It is paid.')
  })

  test('an agent behind a tool', async () => {
    const script = [{ toolCalls: [{ name: 'research', input: { input: 'How warm is it in Oslo?' } }] }, ...plain(weather), { text: 'Oslo is cold.' }]
    expect(await play(script, openaiAgents.modelOf, openaiAgents.agents)).toBe('Oslo is cold.')
  })
})
