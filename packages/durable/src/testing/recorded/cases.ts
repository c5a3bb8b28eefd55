import { Agent, type AgentOptions, type Json, type OutputSpec } from '@capstan/core'
import { type AnyAnswer, type ScriptedReply, type Stage, type World, worldModel, worldTool } from './world.ts'

/** A run that a release recorded up to a certain point, and how it continues. */
export interface RecordedCase {
  readonly agent: (world: World) => Agent
  /** The processes that recorded it, the first one included. */
  readonly begin: readonly Stage[]
  /** The processes that continue it to its end. */
  readonly next: readonly Stage[]
}

const approval = (step: number, index = 0): string => `steps/${step}/tools/${index}/approval`
const outcome = (round: number): string => `steps/1/tools/0/outcome/${round}`
const approve: AnyAnswer = { approve: true }
const pay = { calls: [['pay', { amount: 5 }]] } as const
const send = { calls: [['send', { to: 'Ada' }]] } as const
const look = { calls: [['look', {}]] } as const
const paid = { text: 'Paid.' }
const sent = { text: 'Sent.' }
const approvePay: Stage = { answers: { [approval(1)]: approve } }

/** Agent that has every tool of the cases, in this order. */
const agentOf =
  (replies: readonly ScriptedReply[], options: (world: World) => Partial<AgentOptions> = () => ({})) =>
  (world: World): Agent =>
    new Agent({ model: worldModel(world, replies), instructions: 'Be brief.', tools: toolsOf(world), ...options(world) })

function toolsOf(world: World) {
  return [
    worldTool(world, 'look', { effect: 'read' }),
    worldTool(world, 'save', { effect: 'idempotent' }),
    worldTool(world, 'send', { effect: 'once' }),
    worldTool(world, 'pay', { effect: 'once', needsApproval: true }),
    worldTool(world, 'refund', { effect: 'once', needsApproval: (value) => amountOf(value as Json) > 100 }),
    worldTool(world, 'book', { effect: 'once', ask: () => 'Which seat?' }),
  ]
}

function amountOf(input: Json): number {
  return Number((input as { readonly amount?: Json }).amount)
}

const plans = [
  { instructions: 'Look first.', activeTools: ['look'], toolChoice: 'required' },
  { activeTools: ['pay', 'look'], toolChoice: 'auto' },
  undefined,
] as const

const prepared = agentOf([look, pay, paid], (world) => ({
  prepareStep: ({ steps }) => {
    world.effects.push({ hook: 'prepareStep', step: steps.length + 1 })
    return plans[steps.length]
  },
}))

const stopped = agentOf([look, pay], (world) => ({
  stopWhen: ({ steps }) => {
    world.effects.push({ hook: 'stopWhen', step: steps.length })
    return steps.length >= 2
  },
}))

const sum: OutputSpec = {
  schema: { type: 'object', properties: { sum: { type: 'integer' } }, required: ['sum'] },
  parse: async (value) => (Number.isInteger((value as { readonly sum?: Json }).sum) ? { ok: true, value } : { ok: false, message: '/sum must be an integer.' }),
}

const asTool = agentOf([{ calls: [['final_answer', { sum: 'x' }]] }, pay, { calls: [['final_answer', { sum: 5 }]] }], () => ({
  output: sum,
  outputMode: 'tool',
}))

const asText = agentOf([{ text: 'It is five.' }, pay, { text: '{"sum":5}' }], () => ({ output: sum, outputMode: 'text' }))

const chain = (world: World): Agent =>
  new Agent({
    model: [
      worldModel(world, [pay, paid], { name: 'cheap' }),
      worldModel(world, [pay, paid], { name: 'dear', prices: { currency: 'USD', input: 9_000_000, output: 9_000_000 } }),
    ],
    tools: toolsOf(world),
  })

export const cases: Readonly<Record<string, RecordedCase>> = {
  'prepare-step': { agent: prepared, begin: [{}], next: [{ answers: { [approval(2)]: approve } }] },
  'prepare-step-cut': { agent: prepared, begin: [{ dies: 'model 2' }], next: [{}, { answers: { [approval(2)]: approve } }] },
  'stop-when': { agent: stopped, begin: [{}], next: [{ answers: { [approval(2)]: approve } }] },
  'failed-attempt': {
    agent: agentOf([pay, paid]),
    begin: [{ fails: { 'model 1': 'overloaded' } }],
    next: [{ ...approvePay, fails: { 'model 2': 'overloaded' } }],
  },
  'failed-run': { agent: agentOf([{ calls: [['save', {}]] }, { text: 'Saved.' }]), begin: [{ fails: { 'model 2': 'refused' } }], next: [{}] },
  'empty-reply': { agent: agentOf([pay, paid]), begin: [{ fails: { 'model 1': 'empty' } }], next: [approvePay] },
  'repeated-attempt': { agent: agentOf([pay, paid]), begin: [{ dies: 'model 1' }, {}], next: [approvePay] },
  'killed-in-request': { agent: agentOf([{ calls: [['save', {}]] }, { text: 'Saved.' }]), begin: [{ dies: 'model 2' }], next: [{}] },
  'killed-in-idempotent': { agent: agentOf([{ calls: [['save', { a: 1 }]] }, { text: 'Saved.' }]), begin: [{ dies: 'save' }], next: [{}] },
  aborted: { agent: agentOf([look, { text: 'Seen.' }]), begin: [{ aborts: 'look' }], next: [{}] },
  'outcome-unknown': { agent: agentOf([send, sent]), begin: [{ dies: 'send' }], next: [{}, { answers: { [outcome(1)]: { output: 'sent by hand' } } }] },
  'outcome-asked': { agent: agentOf([send, sent]), begin: [{ dies: 'send' }, {}], next: [{ answers: { [outcome(1)]: { failed: 'No mail today.' } } }] },
  'outcome-output': {
    agent: agentOf([send, sent]),
    begin: [{ dies: 'send' }, {}, { answers: { [outcome(1)]: { output: 'sent by hand' } }, dies: 'model 2' }],
    next: [{}],
  },
  'outcome-repeated': {
    agent: agentOf([send, sent]),
    begin: [{ dies: 'send' }, {}, { answers: { [outcome(1)]: { repeat: true } }, dies: 'model 2' }],
    next: [{}],
  },
  'outcome-unknown-again': {
    agent: agentOf([send, sent]),
    begin: [{ dies: 'send' }, {}, { answers: { [outcome(1)]: { repeat: true } }, dies: 'send' }],
    next: [{}, { answers: { [outcome(2)]: { repeat: true } } }],
  },
  'two-questions': {
    agent: agentOf([{ calls: [...pay.calls, ['pay', { amount: 9 }]] }, paid]),
    begin: [{}, { answers: { [approval(1, 0)]: approve } }],
    next: [{ answers: { [approval(1, 1)]: { approve: false, reason: 'Too much.' } } }],
  },
  'two-questions-decided': {
    agent: agentOf([{ calls: [...pay.calls, ['pay', { amount: 9 }]] }, paid]),
    begin: [{ decides: { [approval(1, 1)]: approve } }],
    next: [{}, { answers: { [approval(1, 0)]: { approve: false } } }],
  },
  ask: {
    agent: agentOf([{ calls: [['book', { row: 3 }]] }, { text: 'Booked.' }]),
    begin: [{}],
    next: [{ answers: { 'steps/1/tools/0/question': { approve: true, answer: 'A3' } } }],
  },
  'ask-answered': {
    agent: agentOf([{ calls: [['book', { row: 3 }]] }, { text: 'Booked.' }]),
    begin: [{}, { answers: { 'steps/1/tools/0/question': { approve: true, answer: 'A3' } }, dies: 'model 2' }],
    next: [{}],
  },
  'gate-passed': {
    agent: agentOf([{ calls: [...look.calls, ['refund', { amount: 5 }]] }, { text: 'Done.' }], () => ({ toolCallConcurrency: 1 })),
    begin: [{ dies: 'look' }],
    next: [{}],
  },
  'gate-asks': {
    agent: agentOf([{ calls: [['refund', { amount: 101 }]] }, { text: 'Done.' }]),
    begin: [{}],
    next: [{ answers: { [approval(1)]: approve } }],
  },
  'output-tool': { agent: asTool, begin: [{}], next: [{ answers: { [approval(2)]: approve } }] },
  'output-text': { agent: asText, begin: [{}], next: [{ answers: { [approval(2)]: approve } }] },
  'output-native': {
    agent: (world) => new Agent({ model: worldModel(world, [{ text: '{"sum":"x"}' }, { text: '{"sum":5}' }], { outputModes: ['native'] }), output: sum }),
    begin: [{ dies: 'model 2' }],
    next: [{}],
  },
  'chain-quota': { agent: chain, begin: [{ fails: { 'cheap 1': 'quota' } }], next: [approvePay] },
  'chain-fallback': { agent: chain, begin: [{ fails: { 'cheap 1': 'overloaded' } }], next: [{ ...approvePay, fails: { 'dear 2': 'overloaded' } }] },
  denied: {
    agent: agentOf([pay, { text: 'Not paid.' }]),
    begin: [{}, { answers: { [approval(1)]: { approve: false, reason: 'Too much.' } }, dies: 'model 2' }],
    next: [{}],
  },
  edited: { agent: agentOf([pay, paid]), begin: [{}, { answers: { [approval(1)]: { approve: true, input: { amount: 1 } } }, dies: 'model 2' }], next: [{}] },
  'edited-decided': { agent: agentOf([pay, paid]), begin: [{ decides: { [approval(1)]: { approve: true, input: { amount: 1 } } } }], next: [{}] },
  'refused-calls': {
    agent: agentOf([
      {
        calls: [
          ['nothing', {}],
          ['look', '{"a":'],
        ],
      },
      pay,
      paid,
    ]),
    begin: [{}],
    next: [{ answers: { [approval(2)]: approve } }],
  },
  'closing-request': { agent: agentOf([look, { text: 'So far.' }], () => ({ limits: { steps: 1 } })), begin: [{ dies: 'model 2' }], next: [{}] },
  repeats: { agent: agentOf([look, look, look, look, look]), begin: [{ dies: 'model 4' }], next: [{}] },
}
