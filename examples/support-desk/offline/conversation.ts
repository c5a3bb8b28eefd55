/** A call of the turn that is being answered, and its result, as the model sees it. */
export interface PastCall {
  readonly name: string
  readonly input: Readonly<Record<string, unknown>>
  readonly result: string
}

/** What a request to the model holds, read by the rules. */
export interface Conversation {
  /** The newest text of the user. */
  readonly question: string
  /** Everything before it, as one text. */
  readonly earlier: string
  /** The address of the customer, from the instructions. */
  readonly address: string
  /** The calls since then, in order. */
  readonly calls: readonly PastCall[]
}

interface WireMessage {
  readonly role?: string
  readonly content?: unknown
  readonly tool_call_id?: string
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly name: string; readonly arguments: string } }[]
}

export function readConversation(body: unknown): Conversation {
  const messages = (body as { readonly messages?: readonly WireMessage[] } | undefined)?.messages ?? []
  const at = messages.findLastIndex(({ role }) => role === 'user')
  const since = messages.slice(at + 1)
  const calls = since.flatMap(({ tool_calls = [] }, index) =>
    tool_calls.map(({ id, function: { name, arguments: input } }) => {
      // One id may be used again by a later message, so the result is looked for behind its call.
      const answer = since.slice(index + 1).find((message) => message.tool_call_id === id)
      return { name, input: readObject(input), result: textOf(answer?.content) }
    }),
  )
  const earlier = messages
    .slice(0, Math.max(0, at))
    .filter(({ role }) => role !== 'system')
    .map(({ content }) => textOf(content))
    .join('\n')
  const [, address = ''] = /whose address is (\S+@\S+\w)/.exec(textOf(messages[0]?.content)) ?? []
  return { question: textOf(messages[at]?.content), earlier, address, calls }
}

/** The value of a result that is JSON; `undefined` for a result that is a text, such as a refusal. */
export function readObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return Array.isArray(content) ? content.map((part) => part?.text ?? '').join('\n') : ''
}
