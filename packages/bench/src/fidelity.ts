/** How faithfully the requests of one run repeat what came before, in percent. */
export interface Fidelity {
  /** Requests that begin with the complete previous one, up to the closing bracket of its messages. */
  readonly prefix: number
  /** Calls sent back with unchanged arguments that the model wrote. */
  readonly arguments: number
  /** Assistant messages sent back with exactly the reasoning that the model wrote. */
  readonly reasoning: number
}

/** What the model wrote in one step. */
export interface Written {
  readonly arguments: readonly string[]
  readonly reasoning: string
}

interface WireMessage {
  readonly role: string
  readonly reasoning_content?: unknown
  readonly reasoning?: unknown
  readonly tool_calls?: readonly { readonly function: { readonly arguments: string } }[]
}

/** Compares the bodies of the requests of one run with what the model wrote. */
export function compareRequests(bodies: readonly string[], written: readonly Written[]): Fidelity {
  const pairs = bodies.slice(1).map((body, index) => {
    const before = bodies[index] ?? ''
    return body.startsWith(before.slice(0, endOfMessages(before)))
  })
  const { messages } = JSON.parse(bodies.at(-1) ?? '{}') as { messages: readonly WireMessage[] } // The provider parsed it too.
  const replies = messages.filter(({ role }) => role === 'assistant')
  const calls = written.flatMap((step, index) => step.arguments.map((text, call) => replies[index]?.tool_calls?.[call]?.function.arguments === text))
  const thoughts = written.map(({ reasoning }, index) => (replies[index]?.reasoning_content ?? replies[index]?.reasoning) === reasoning)
  return { prefix: share(pairs), arguments: share(calls), reasoning: share(thoughts) }
}

function share(facts: readonly boolean[]): number {
  return (facts.filter(Boolean).length / facts.length) * 100
}

/** A text, or one bracket. */
const token = /"(?:[^"\\]|\\.)*"|[[\]{}]/g

/** Place of the bracket that closes `messages`. */
export function endOfMessages(body: string): number {
  token.lastIndex = body.indexOf('[', body.indexOf('"messages":'))
  let depth = 0
  for (let found = token.exec(body); found !== null; found = token.exec(body)) {
    const [text] = found
    if (text === '[' || text === '{') depth++
    else if (text === ']' || text === '}') depth--
    if (depth === 0) return found.index
  }
  throw new Error('The request has no whole list of messages.')
}
