import { Agent, AgentError, type Message, user } from '@capstan/core'
import { type Fault, type ScriptedReply, type SimulatedRequest, startSimulator } from '@capstan/simulator'
import { type Case, type Check, check, holds } from '../cases/case.ts'
import { modelFor, shortClocks } from '../lab/observe.ts'
import { createRandom } from '../lab/random.ts'
import { makeTools } from '../lab/tools.ts'
import { randomFault } from './plan.ts'

const turns = 40
const callsPerTurn = 7
/** Faults that change the text are not among them: the conversation must continue as it was written. */
const changing = new Set<Fault['kind']>([
  'length',
  'finish-reason',
  'duplicate',
  'leaked-markup',
  'call-arguments',
  'call-name',
  'many-calls',
  'call-id',
  'call-index',
  'invalid-utf8',
  'control-characters',
  'odd-event',
  'long-text',
  'reasoning-field',
  'json-body',
  'fragments',
  'usage',
])

/** One conversation of 40 messages and more than 300 steps, with a fault in every third request. */
export const conversationCase: Case = {
  id: 'CONV one conversation of 40 messages and 300 steps: sendable, reasoning and prefix intact after each fault',
  slow: true,
  run: async ({ seed }) => converse(seed, turns),
}

/** Holds a conversation of so many messages and looks at each request. */
export async function converse(seed: number, messageCount: number): Promise<readonly Check[]> {
  const random = createRandom(seed)
  const problems: string[] = []
  const watch = createWatch(problems)
  let steps = 0
  let faults = 0
  let accepted = 0
  await using simulator = await startSimulator({
    strict: { toolSchemas: true, requireReasoning: true },
    respond: (request) => {
      watch(request)
      accepted++
      const reply = replyTo(request)
      if (!random.chance(0.33)) return reply
      let fault = randomFault(random)
      while (changing.has(fault.kind)) fault = randomFault(random)
      faults++
      return { ...reply, fault }
    },
  })
  const agent = new Agent({ model: modelFor({ server: simulator, settings: { timeouts: shortClocks } }), tools: makeTools([]), limits: { steps: 30 } })
  let messages: readonly Message[] = []
  for (let turn = 1; turn <= messageCount; turn++) {
    const answered = await askUntilAnswered(agent, [...messages, user(`Task ${turn}.`)])
    if (answered === undefined) problems.push(`turn ${turn}: no answer`)
    messages = answered?.messages ?? messages
    steps += answered?.steps ?? 0
  }
  return [
    holds('each request continues the one before, reasoning unchanged', problems.length === 0, problems.slice(0, 3)),
    // A model that learns from a refusal sends the right request next, so the one before must be counted.
    check('requests that the server refused', 0, simulator.requests.length - accepted),
    check('user messages', messageCount, messages.filter(({ role }) => role === 'user').length),
    holds(`at least ${messageCount * callsPerTurn} steps`, steps >= messageCount * callsPerTurn, steps),
    holds('many faults', faults > steps / 10, faults),
  ]
}

interface Answered {
  readonly messages: readonly Message[]
  readonly steps: number
}

const mostTries = 60

/** Continues with the messages of each failed run until a run succeeds. */
async function askUntilAnswered(agent: Agent, input: readonly Message[]): Promise<Answered | undefined> {
  let messages = input
  let steps = 0
  for (let tries = 0; tries < mostTries; tries++) {
    const result = await agent.generate(messages).catch((error: unknown) => (AgentError.is(error) ? error.result : undefined))
    if (result === undefined) return undefined
    steps += result.steps.length
    messages = result.messages
    if (result.stopReason === 'finished') return { messages, steps }
  }
  return undefined
}

/** The calls of a turn, then its text: the reply depends on how many results the request has. */
function replyTo(request: SimulatedRequest): ScriptedReply {
  const messages = messagesIn(request)
  const turn = messages.filter(({ role }) => role === 'user').length
  const results = messages.length - 1 - messages.findLastIndex(({ role }) => role === 'user')
  // Each call is followed by its result.
  const done = Math.floor(results / 2)
  const reasoning = reasoningAt(turn, done)
  if (done >= callsPerTurn) return { reasoning, text: `Task ${turn} is done.` }
  return { reasoning, toolCalls: [{ name: 'look_up', input: { word: `${turn}.${done}` } }] }
}

function reasoningAt(turn: number, done: number): string {
  return `For task ${turn} I have ${done} results. “Zoë” 😀`
}

interface WireMessage {
  readonly role: string
  readonly reasoning_content?: string
}

function messagesIn(request: SimulatedRequest): readonly WireMessage[] {
  // The simulator has checked the form of what it hands on.
  return (request.body as unknown as { messages: readonly WireMessage[] }).messages
}

/** Checks each request: it begins with the complete request before it, and every reasoning text is unchanged. */
function createWatch(problems: string[]): (request: SimulatedRequest) => void {
  let before = ''
  return (request) => {
    const text = JSON.stringify(messagesIn(request)).slice(0, -1)
    if (!text.startsWith(before)) problems.push(`request ${request.index + 1} does not begin with the one before`)
    before = text
    checkReasoning(request, problems)
  }
}

function checkReasoning(request: SimulatedRequest, problems: string[]): void {
  let turn = 0
  let done = 0
  for (const { role, reasoning_content: reasoning } of messagesIn(request)) {
    if (role === 'user') {
      turn++
      done = 0
    }
    if (role === 'tool') done++
    if (role === 'assistant' && reasoning !== reasoningAt(turn, done))
      problems.push(`request ${request.index + 1}: the reasoning of turn ${turn} is '${reasoning}'`)
  }
}
