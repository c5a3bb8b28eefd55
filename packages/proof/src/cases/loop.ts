import { Agent, AgentError, type RunResult, type Tool } from '@capstan/core'
import { type ScriptedReply, type Simulator, startSimulator } from '@capstan/simulator'
import { output, tool } from '@capstan/tools'
import { converse } from '../chaos/conversation.ts'
import { modelFor, type Observation, observe } from '../lab/observe.ts'
import { makeTools } from '../lab/tools.ts'
import { type Case, type Check, check, holds } from './case.ts'

/** What the loop does with calls, limits and repeats, over the same wire. */
export const loop: readonly Case[] = [
  { id: 'E1 a tool that throws: the model gets neutral text', run: () => oneCall({ execute: fails, status: 'error', text: /error id/ }) },
  { id: 'E2 results are in call order, whichever ends first', run: callOrder },
  {
    id: 'E3 a tool that never settles',
    run: () => oneCall({ execute: () => new Promise(() => undefined), status: 'timeout', text: /did not end within/, timeoutMs: 40 }),
  },
  { id: 'E4 a tool that ignores an abort', run: ignoredAbort },
  { id: 'E7 a tool that returns nothing', run: () => oneCall({ execute: () => undefined, status: 'ok', text: /no output/i }) },
  { id: 'E8 a tool that returns a BigInt', run: () => oneCall({ execute: () => ({ big: 10n }), status: 'ok', text: /10/ }) },
  { id: 'E16 the same id twice in a step, and once more in the next', run: sameIds },
  {
    id: 'E17 identical calls in one step are both run',
    run: () => counted({ replies: [{ toolCalls: [payFive, payFive] }, { text: 'Done.' }], executions: 2 }),
  },
  { id: 'LOOP an unknown tool is answered with the list of tools', run: unknownTool },
  { id: 'LOOP arguments that do not fit are answered by field, and nothing runs', run: invalidInput },
  { id: 'LOOP the same call without an end: the model is told at the third time, the run ends at the fifth', run: repeats },
  { id: 'LOOP the limit of steps: one closing request, and no further call runs', run: stepLimit },
  { id: 'LOOP the limit of calls: those beyond it do not run', run: callLimit },
  { id: 'LOOP a limit of tokens that a request would pass: it is not sent', run: tokenLimit },
  { id: 'LOOP a limit of money that the next model of the chain would pass: it is not asked', run: chainPrices },
  { id: 'LOOP usage is summed over attempts; those that never reported are counted', run: usageSums },
  { id: 'LOOP reasoning, arguments and the prefix are sent back unchanged', run: ({ seed }) => converse(seed, 2) },
  { id: 'LOOP calls that are cut twice: the run fails, nothing runs', run: cutTwice },
  { id: 'LOOP an answer beside a call that failed is not taken', run: hastyAnswer },
  { id: 'LOOP unusable endings are not a success', run: unusableEndings },
]

const payFive = { name: 'pay_bill', input: { amount: 5 } }

function fails(): never {
  throw new Error('the password is hunter2')
}

interface Rig {
  readonly seen: Observation
  readonly simulator: Simulator
}

async function runScript(script: readonly ScriptedReply[], setup: Partial<Parameters<typeof observe>[0]> = {}): Promise<Rig> {
  await using simulator = await startSimulator({ script })
  const seen = await observe({ server: simulator, mode: 'generate', ...setup })
  return { seen, simulator }
}

function sound({ problems }: Observation): Check {
  return holds('I1 to I7', problems.length === 0, problems)
}

function resultsOf({ result }: Observation): readonly { readonly status: string; readonly text: string }[] {
  return result?.steps.flatMap((step) => step.toolResults) ?? []
}

interface OneCall {
  readonly execute: () => unknown
  readonly status: string
  readonly text: RegExp
  readonly timeoutMs?: number
}

async function oneCall({ execute, status, text, timeoutMs = 5_000 }: OneCall): Promise<readonly Check[]> {
  const odd = tool({ name: 'odd_tool', description: 'Is odd.', inputSchema: { type: 'object' }, timeoutMs, execute })
  const { seen, simulator } = await runScript([{ toolCalls: [{ name: 'odd_tool', input: {} }] }, { text: 'Done.' }], { tools: [odd] })
  const [first] = resultsOf(seen)
  return [
    check('status', status, first?.status),
    holds('what the model is told', text.test(first?.text ?? ''), first?.text),
    holds(
      'nothing of the error',
      simulator.requests.every(({ rawBody }) => !rawBody.includes('hunter2')),
      'the message of the error',
    ),
    check('the run', 'finished', seen.result?.stopReason),
  ]
}

async function callOrder(): Promise<readonly Check[]> {
  let answerSecond = (): string => ''
  const second = new Promise<void>((resolve) => {
    answerSecond = () => {
      resolve()
      return 'quick'
    }
  })
  const named = (name: string, execute: () => unknown): Tool => tool({ name, description: name, inputSchema: { type: 'object' }, execute })
  const tools = [named('slow_one', () => second.then(() => 'slow')), named('quick_one', () => answerSecond())]
  const { seen, simulator } = await runScript(
    [
      {
        toolCalls: [
          { name: 'slow_one', input: {} },
          { name: 'quick_one', input: {} },
        ],
      },
      { text: 'Done.' },
    ],
    { tools },
  )
  const sent = [...(simulator.requests[1]?.rawBody ?? '').matchAll(/"content":"(slow|quick)"/g)].map((match) => match[1])
  return [check('sent back', ['slow', 'quick'], sent), sound(seen)]
}

async function ignoredAbort(): Promise<readonly Check[]> {
  const stuck = tool({ name: 'stuck_tool', description: 'Never ends.', inputSchema: { type: 'object' }, execute: () => new Promise(() => undefined) })
  const { seen } = await runScript([{ toolCalls: [{ name: 'stuck_tool', input: {} }] }], {
    tools: [stuck],
    wasLeft: true,
    attach: (run) => void run.on('tool-start', () => run.abort()),
  })
  return [check('code', 'aborted', AgentError.is(seen.error) ? seen.error.code : 'none'), holds('at once', seen.ms < 1_000, seen.ms)]
}

async function sameIds(): Promise<readonly Check[]> {
  const call = (amount: number) => ({ name: 'pay_bill', input: { amount }, id: 'same' })
  const { seen, simulator } = await runScript([{ toolCalls: [call(1), call(2)] }, { toolCalls: [call(3)] }, { text: 'Done.' }])
  simulator.assertDone()
  const keys = seen.events.flatMap((event) => (event.type === 'tool-start' ? [event.key] : []))
  return [check('executions', 3, seen.executed.length), check('keys of their own', 3, new Set(keys).size), sound(seen)]
}

async function counted({ replies, executions }: { readonly replies: readonly ScriptedReply[]; readonly executions: number }): Promise<readonly Check[]> {
  const { seen } = await runScript(replies)
  return [check('executions', executions, seen.executed.length), sound(seen)]
}

async function unknownTool(): Promise<readonly Check[]> {
  const { seen } = await runScript([{ toolCalls: [{ name: 'steal', input: {} }] }, { text: 'Done.' }])
  const [first] = resultsOf(seen)
  return [check('status', 'unknown-tool', first?.status), holds('it lists them', first?.text.includes('pay_bill, look_up') === true, first?.text)]
}

async function invalidInput(): Promise<readonly Check[]> {
  const { seen } = await runScript([{ toolCalls: [{ name: 'pay_bill', input: { amount: 'five' } }] }, { text: 'Done.' }])
  const [first] = resultsOf(seen)
  return [
    check('status', 'invalid-input', first?.status),
    holds('by field', first?.text.includes('amount') === true, first?.text),
    check('executions', 0, seen.executed.length),
  ]
}

async function repeats(): Promise<readonly Check[]> {
  const executed: string[] = []
  const again = tool({ name: 'again', description: 'Again.', inputSchema: { type: 'object' }, execute: () => executed.push('again') && 'the same' })
  await using simulator = await startSimulator({ respond: () => ({ toolCalls: [{ name: 'again', input: {} }] }) })
  const seen = await observe({ server: simulator, mode: 'generate', tools: [again] })
  return [check('the run', 'repeated-calls', seen.result?.stopReason), check('executions', 2, executed.length), check('requests', 5, simulator.requests.length)]
}

async function stepLimit(): Promise<readonly Check[]> {
  await using simulator = await startSimulator({ respond: ({ index }) => ({ toolCalls: [{ name: 'pay_bill', input: { amount: index } }] }) })
  const seen = await observe({ server: simulator, mode: 'generate', agent: { limits: { steps: 2 } } })
  const { requests } = simulator
  const toolsOf = (index: number): unknown => JSON.stringify((requests[index]?.body as { tools?: unknown } | undefined)?.tools)
  return [
    check('the run', 'max-steps', seen.result?.stopReason),
    check('requests, one of them closing', 3, requests.length),
    check('executions', 2, seen.executed.length),
    check('the closing request has the same tools', toolsOf(0), toolsOf(2)),
    sound(seen),
  ]
}

async function callLimit(): Promise<readonly Check[]> {
  const { seen } = await runScript([{ toolCalls: [payFive, { name: 'pay_bill', input: { amount: 6 } }] }, { text: 'Done.' }], {
    agent: { limits: { toolCalls: 1 } },
  })
  return [
    check('executions', 1, seen.executed.length),
    check(
      'statuses',
      ['ok', 'skipped'],
      resultsOf(seen).map(({ status }) => status),
    ),
    sound(seen),
  ]
}

async function tokenLimit(): Promise<readonly Check[]> {
  const { seen, simulator } = await runScript([], { agent: { limits: { tokens: 1 } } })
  return [check('the run', 'max-tokens', seen.result?.stopReason), check('requests', 0, simulator.requests.length)]
}

async function chainPrices(): Promise<readonly Check[]> {
  await using simulator = await startSimulator({ script: [{ fault: { kind: 'status', status: 503, retryAfter: 0 } }, { text: 'Done.' }] })
  const priced = (input: number) => modelFor({ server: simulator, settings: { prices: { currency: 'USD', input, output: input } } })
  const agent = new Agent({ model: [priced(1_000_000), priced(1_000_000_000)], limits: { cost: 1_000 } })
  const { stopReason } = await agent.generate('What is the weather in Hangzhou?')
  return [check('the run', 'max-cost', stopReason), check('requests', 1, simulator.requests.length)]
}

async function usageSums(): Promise<readonly Check[]> {
  const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110, prompt_tokens_details: { cached_tokens: 64 } }
  const { seen } = await runScript([{ fault: { kind: 'status', status: 503, retryAfter: 0 } }, { toolCalls: [payFive], usage }, { text: 'Done.', usage }])
  const sums = seen.result?.usage
  return [check('sums', [200, 20, 128, 1], [sums?.inputTokens, sums?.outputTokens, sums?.cachedInputTokens, sums?.unknownAttempts])]
}

async function cutTwice(): Promise<readonly Check[]> {
  const cut: ScriptedReply = { toolCalls: [payFive], finishReason: 'length' }
  const { seen, simulator } = await runScript([cut, cut])
  return [
    check('code', 'output-limit', AgentError.is(seen.error) ? seen.error.code : seen.result?.stopReason),
    check('requests', 2, simulator.requests.length),
    check('executions', 0, seen.executed.length),
  ]
}

async function unusableEndings(): Promise<readonly Check[]> {
  const endings = ['length', 'content_filter'] as const
  const results = await Promise.all(
    endings.map(async (finishReason): Promise<RunResult> => {
      await using simulator = await startSimulator({ script: [{ text: 'Half of', finishReason }] })
      return await new Agent({ model: modelFor({ server: simulator }), tools: makeTools([]) }).generate('Go.')
    }),
  )
  return results.flatMap((result, index) => [
    check(`${endings[index]}: status`, 'unusable', result.status),
    check(
      'textOrThrow',
      'throws',
      throwing(() => result.textOrThrow()),
    ),
  ])
}

async function hastyAnswer(): Promise<readonly Check[]> {
  const answer = (done: boolean) => ({ name: 'final_answer', input: { done } })
  await using simulator = await startSimulator({ script: [{ toolCalls: [payFive, answer(true)] }, { toolCalls: [answer(false)] }] })
  const pay = tool({ name: 'pay_bill', description: 'Pays.', inputSchema: { type: 'object' }, execute: fails })
  const agent = new Agent({
    model: modelFor({ server: simulator }),
    tools: [pay],
    output: output({ type: 'object', properties: { done: { type: 'boolean' } } }),
  })
  const result = await agent.generate('Pay.')
  return [check('the answer', '{"done":false}', JSON.stringify(result.output)), check('requests', 2, simulator.requests.length)]
}

function throwing(act: () => unknown): string {
  try {
    return `gives ${String(act())}`
  } catch {
    return 'throws'
  }
}
