import { Agent, AgentError, type AssistantMessage, type Message, type Model, type ModelEvent, type Tool, textOf } from '@capstan/core'

/** A reply of the clerk, in pieces that are sent one after another. */
interface Reply {
  readonly reasoning?: string
  readonly text?: readonly string[]
  readonly calls?: readonly (readonly [name: string, input: object])[]
  /** Waits for `release` before this piece of the text. */
  readonly heldAt?: number
  readonly error?: AgentError
  readonly finishReason?: 'length'
}

/** Lets held replies continue. */
export class Gate {
  #waiting: (() => void)[] = []
  #isOpen = false

  open(): void {
    this.#isOpen = true
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  close(): void {
    this.#isOpen = false
  }

  async pass(signal: AbortSignal): Promise<void> {
    if (this.#isOpen) return
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push(resolve)
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }
}

/** What an agent did that has effects, and what its model was sent. */
export interface Clerk {
  readonly agent: Agent
  readonly gate: Gate
  readonly paid: unknown[]
  /** The messages of each request. */
  readonly requests: (readonly Message[])[]
}

const scripts: Readonly<Record<string, readonly Reply[]>> = {
  look: [
    {
      reasoning: 'I should look it up.',
      text: ['One ', 'moment.'],
      calls: [
        ['look', { order: 7 }],
        ['nothing', {}],
      ],
    },
    { text: ['Order 7 ', 'is here.'] },
  ],
  pay: [
    {
      text: ['I will pay.'],
      calls: [
        ['look', { order: 7 }],
        ['pay', { amount: 5 }],
      ],
    },
    { text: ['That is settled.'] },
  ],
  seat: [{ calls: [['choose', {}]] }, { text: ['Booked.'] }],
  slow: [{ reasoning: 'This takes long.', text: ['The first half, ', 'and the second.'], heldAt: 1 }],
  break: [{ text: ['Half an ans'], error: new AgentError('http://internal.example broke.', { code: 'network-reset', phase: 'stream', retryable: false }) }],
  refuse: [{ error: new AgentError('http://internal.example refused the key.', { code: 'auth-failed', phase: 'headers', retryable: false }) }],
  cut: [{ text: ['Half an ans'], finishReason: 'length' }],
}

/** An agent without a network. What the user says names the script of its model, so that every process and every replay replies the same. */
export function makeClerk(): Clerk {
  const gate = new Gate()
  const paid: unknown[] = []
  const requests: (readonly Message[])[] = []
  const model: Model = {
    id: 'test/clerk',
    traits: { tools: true, toolChoices: ['auto'], candidates: 1 },
    complete: () => Promise.reject(new Error('The tests do not use it.')),
    async *stream({ messages }, { signal }) {
      requests.push(messages)
      const { reply, pieces } = replyTo(messages)
      if (reply.reasoning !== undefined) yield [{ type: 'reasoning-delta', delta: reply.reasoning }]
      for (const [index, delta] of pieces.entries()) {
        if (reply.heldAt === index) await gate.pass(signal)
        yield [{ type: 'text-delta', delta }]
      }
      if (reply.error !== undefined) throw reply.error
      yield [endOf(reply)]
    },
  }
  const tools = [
    tool('look', () => 'seen'),
    tool('choose', (_, answer) => `seat ${JSON.stringify(answer)}`, { ask: () => ({ text: 'Which seat?', choices: ['window', 'aisle'] }) }),
    tool('pay', (input) => `paid ${paid.push(input)}`, { effect: 'once', needsApproval: true }),
  ]
  return { agent: new Agent({ name: 'clerk', model, tools, attempts: { max: 1 } }), gate, paid, requests }
}

function replyTo(messages: readonly Message[]): { readonly reply: Reply; readonly pieces: readonly string[] } {
  const from = messages.findLastIndex(({ role }) => role === 'user')
  const asked = messages[from]
  const word = asked?.role === 'user' ? (textOf(asked).split(' ')[0] ?? '') : ''
  const step = messages.slice(from).filter(({ role }) => role === 'assistant').length
  const reply = scripts[word]?.[step] ?? { text: [`You said: ${asked?.role === 'user' ? textOf(asked) : ''}`] }
  return { reply, pieces: reply.text ?? [] }
}

function endOf({ reasoning, text = [], calls = [], finishReason }: Reply): ModelEvent {
  const message: AssistantMessage = {
    role: 'assistant',
    content: [
      ...(reasoning === undefined ? [] : [{ type: 'reasoning' as const, text: reasoning }]),
      ...(text.length === 0 ? [] : [{ type: 'text' as const, text: text.join('') }]),
      ...calls.map(([toolName, input], index) => ({ type: 'tool-call' as const, toolCallId: `call_${index}`, toolName, inputText: JSON.stringify(input) })),
    ],
  }
  const reason = finishReason ?? (calls.length > 0 ? 'tool-calls' : 'stop')
  const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }
  return { type: 'reply', reply: { message, finishReason: reason, atOutputLimit: finishReason === 'length', usage, response: {} } }
}

function tool(name: string, run: (input: unknown, answer: unknown) => string, options: Partial<Tool> = {}): Tool {
  return {
    name,
    description: `Tests ${name}.`,
    inputSchema: { type: 'object' },
    effect: 'read',
    repeatable: false,
    needsApproval: false,
    check: (value) => ({ ok: true, value }),
    run: async (value, { answer }) => ({ status: 'ok', text: run(value, answer) }),
    ...options,
  }
}
