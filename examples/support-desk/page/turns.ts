import { emptyView, type RunView, type ServerSession } from '@capstan/server/view'

/** What the customer said, and what came of it. */
export interface Turn {
  readonly said: string
  readonly view: RunView
}

type Message = ServerSession['messages'][number]
type Step = RunView['steps'][number]

/** Makes the turns of a conversation from its messages, in the form in which the events of a live run are shown. */
export function turnsOf(messages: readonly Message[]): readonly Turn[] {
  const turns: { readonly said: string; steps: Step[] }[] = []
  for (const message of messages) {
    const steps = turns.at(-1)?.steps
    // What the loop wrote is not what the customer said.
    if (message.role === 'user' && message.origin !== 'loop') turns.push({ said: textOf(message.content), steps: [] })
    else if (message.role === 'assistant') steps?.push(stepOf(message.content, steps.length + 1))
    else if (message.role === 'tool') addResult(steps, message.content[0])
  }
  return turns.map(({ said, steps }) => ({ said, view: { ...emptyView, steps, status: 'finished' } }))
}

function stepOf(content: Extract<Message, { role: 'assistant' }>['content'], step: number): Step {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
  const textIn = (type: string): string => parts.flatMap((part) => (part.type === type && 'text' in part ? [part.text] : [])).join('')
  const calls = parts.flatMap((part) => (part.type === 'tool-call' ? [part] : []))
  return {
    step,
    path: [],
    isWriting: false,
    reasoning: textIn('reasoning'),
    text: textIn('text'),
    calls: calls.map(({ toolName, inputText }, index) => ({ key: `${step}.${index}`, toolName, input: readInput(inputText), status: 'waiting', text: '' })),
  }
}

/** Results follow in the order of their calls. */
function addResult(steps: Step[] | undefined, result: Extract<Message, { role: 'tool' }>['content'][0]): void {
  const step = steps?.at(-1)
  const index = step?.calls.findIndex(({ status }) => status === 'waiting') ?? -1
  if (steps === undefined || step === undefined || index < 0) return
  const calls = step.calls.map((call, at) => (at === index ? { ...call, status: result.status, text: result.text } : call))
  steps[steps.length - 1] = { ...step, calls }
}

function readInput(text: string): Step['calls'][number]['input'] {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function textOf(content: Extract<Message, { role: 'user' }>['content']): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '[picture]')).join('\n')
}
