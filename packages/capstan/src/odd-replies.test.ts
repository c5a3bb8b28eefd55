import { parseFault, type ScriptedReply, startSimulator } from '@capstan/simulator'
import { describe, expect, test } from 'vitest'
import { Agent, AgentError, evolink, type RunResult, tool } from './index.ts'

interface Seen {
  readonly result: RunResult | undefined
  readonly code: string | undefined
  readonly message: string
  readonly inputs: readonly unknown[]
  readonly requests: number
}

const pays: ScriptedReply = { reasoning: 'I pay.', toolCalls: [{ name: 'pay_bill', input: { amount: 5 } }] }
const says: ScriptedReply = { reasoning: 'I see.', text: 'One 😀 two.' }

/** Runs an agent whose first reply has a fault; a reply to results is plain text. */
async function run(fault: string, first: ScriptedReply, stream: boolean): Promise<Seen> {
  const inputs: unknown[] = []
  const pay = tool({
    name: 'pay_bill',
    description: 'Pays a bill.',
    effect: 'read',
    inputSchema: { type: 'object', properties: { amount: { type: 'number' } } },
    execute: (input) => `paid ${inputs.push(input)}`,
  })
  await using simulator = await startSimulator({
    respond: ({ rawBody }) => (rawBody.includes('"role":"tool"') ? { text: 'Done.' } : { ...first, fault: parseFault(fault) }),
  })
  const model = evolink('deepseek-chat', { baseURL: simulator.baseURL, apiKey: 'test-key', stream })
  const agent = new Agent({ model, tools: [pay], attempts: { max: 2, delayMs: 1 } })
  const ended = await agent.generate('Go.').then(
    (result) => ({ result, code: undefined, message: '' }),
    (error: unknown) => ({ result: undefined, code: AgentError.is(error) ? error.code : 'unknown', message: String(error) }),
  )
  return { ...ended, inputs, requests: simulator.requestCount }
}

const harmless = ['error-field', 'error-field:false', 'error-field:null', 'function-call:empty', 'function-call:null', 'surrogate-halves', 'usage:zeros-last']
const phantoms = ['phantom-call:empty', 'phantom-call:null', 'phantom-call:bare', 'phantom-call:trailing']
const calls = [
  ...['call-id:later-other', 'call-id:later-null', 'call-id:later-empty', 'call-id:repeated', 'call-name:later-null', 'call-name:later-empty'],
  ...['call-arguments:empty-first', 'call-arguments:null-first', 'function-call:whole', 'finish-reason:STOP', 'finish-reason:TOOL_CALLS'],
]

describe.each([
  ['streamed', true],
  ['in one body', false],
] as const)('a reply %s', (_, stream) => {
  test.each([...harmless, ...phantoms, ...calls, 'no-finish:usage=true'])('%s: one call is one call, with its arguments', async (fault) => {
    const { result, inputs, requests } = await run(fault, pays, stream)
    expect([result?.status, result?.text, inputs, requests]).toEqual(['finished', 'Done.', [{ amount: 5 }], 2])
  })

  test.each([...harmless, ...phantoms, 'finish-reason:STOP', 'no-finish:usage=true'])('%s: a text is the text, after one request', async (fault) => {
    const { result, inputs, requests } = await run(fault, says, stream)
    expect([result?.status, result?.text, inputs, requests]).toEqual(['finished', 'One 😀 two.', [], 1])
  })

  test.each(['call-arguments:null', 'call-arguments:empty', 'call-arguments:empty-array'])('%s counts as no arguments', async (fault) => {
    expect((await run(fault, pays, stream)).inputs).toEqual([{}])
  })

  test.each(['MAX_TOKENS', 'max_tokens', 'Length'])('a text that ends with %s is truncated', async (word) => {
    const { result } = await run(`finish-reason:${word}`, says, stream)
    expect(result).toMatchObject({ status: 'unusable', stopReason: 'truncated', text: 'One 😀 two.' })
  })

  test('a refusal is an error with the text of the refusal, after one request', async () => {
    expect(await run('refusal:I cannot do that.', says, stream)).toMatchObject({
      code: 'content-refused',
      message: expect.stringContaining('I cannot do that.'),
      requests: 1,
    })
  })

  test.each(['as=choice', 'as=line', 'as=beside-choices'])('an error with the code 429 (%s) is a rate limit, with its message', async (form) => {
    expect(await run(`error-event:mid-stream,code=429,message=Slow down.,${form}`, says, stream)).toMatchObject({
      code: 'rate-limited',
      message: expect.stringContaining('Slow down.'),
      requests: 2,
    })
  })

  test.each(['reasoning-beside', 'zeros-last', 'twice', 'other-names'])('usage %s is counted once, reasoning included', async (shape) => {
    const [odd, plain] = [await run(`usage:${shape}`, says, stream), await run('no-done', says, stream)]
    expect(odd.result?.usage).toEqual(plain.result?.usage)
  })
})

test('a request that the script did not expect fails at once', async () => {
  await using simulator = await startSimulator({ script: [] })
  const agent = new Agent({ model: evolink('deepseek-chat', { baseURL: simulator.baseURL, apiKey: 'test-key' }) })
  await expect(agent.generate('Go.')).rejects.toThrow('Request 1 was not expected: the script has 0 replies.')
  expect(simulator.requestCount).toBe(1)
})
