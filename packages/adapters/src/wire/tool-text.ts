import { type AssistantMessage, type Message, type ModelRequest, type ToolDefinition, type ToolMessage, textOf, toolCallsOf, user } from '@capstan/core'
import { refusedBy } from '../refusals.ts'

/**
 * The text form of tools, for models whose endpoint takes none: the tools are described in the instructions, a call is text between the
 * tags below, and results are a user message. This module writes the form; `markup/read-call-text.ts` reads it.
 */
const callTag = 'tool_call'
const resultTag = 'tool_result'

/** The name of a call that could not be read; no tool can have it. The loop tells the model that there is no such tool, and the text goes back as it came. */
export const unreadableCall = 'unreadable call'

/** What is added to the instructions of a model, for these tools. */
function describeTools(tools: readonly ToolDefinition[]): string {
  const shown = tools.map(({ name, description, inputSchema }) => JSON.stringify({ name, description, parameters: inputSchema }))
  return `You can call tools. To call one, write, at the beginning of a line:

<${callTag}>
{"name": "NAME", "arguments": {"PARAMETER": "VALUE"}}
</${callTag}>

- Between the tags is one JSON object: the name of a tool, and its arguments, which fit the JSON Schema of its parameters.
- For several calls, write one such block after the other. End your reply after the last block.
- The next message has the results, a <${resultTag}> block for each call, in the order of the calls. Never write a <${resultTag}> yourself.
- When you need no tool, answer without a block.
- To show this form without calling a tool, put it into a code fence.

The tools, one for each line:

${shown.join('\n')}`
}

/** Makes the mapper of the requests of one model: tools, calls and results become text. */
export function createRequestMapper(): (request: ModelRequest, model: string) => ModelRequest {
  const toText = createMessagesMapper()
  let last: { readonly tools: readonly ToolDefinition[] | undefined; readonly instructions: string | undefined; readonly text: string | undefined } | undefined
  return ({ tools, toolChoice, ...request }, model) => {
    if (toolChoice !== undefined && toolChoice !== 'auto') {
      const because = "a model that gets its tools as text (`toolProtocol: 'text'`) decides by itself"
      throw refusedBy(model, `\`toolChoice: '${toolChoice}'\``, { because, instead: 'leave it out' })
    }
    const { instructions } = request
    if (last === undefined || last.tools !== tools || last.instructions !== instructions) {
      const parts = [instructions, tools === undefined || tools.length === 0 ? undefined : describeTools(tools)].filter((part) => part !== undefined)
      last = { tools, instructions, text: parts.length === 0 ? undefined : parts.join('\n\n') }
    }
    return { ...request, ...(last.text !== undefined && { instructions: last.text }), messages: toText(request.messages) }
  }
}

/** Maps the messages of requests. A list that grows is mapped once: it has one mapped list, which grows too. */
type MessagesMapper = (messages: readonly Message[]) => readonly Message[]

interface MappedList {
  /** The messages that were mapped. */
  readonly seen: Message[]
  readonly mapped: Message[]
}

/** Makes the mapper of one model: calls and results become text. Messages without them stay the same objects. */
function createMessagesMapper(): MessagesMapper {
  const lists = new WeakMap<readonly Message[], MappedList>()
  const texts = new WeakMap<Message, { readonly parts: readonly Message[]; readonly message: Message }>()

  // A message that was mapped before is the same object again, so that it is serialised once.
  const keep = (parts: readonly [Message, ...Message[]], make: () => Message): Message => {
    const known = texts.get(parts[0])
    if (known !== undefined && known.parts.length === parts.length && known.parts.every((part, index) => part === parts[index])) return known.message
    const message = make()
    texts.set(parts[0], { parts, message })
    return message
  }

  return (messages) => {
    const known = lists.get(messages)
    const list = known !== undefined && isBeginning(known.seen, messages) ? known : { seen: [], mapped: [] }
    lists.set(messages, list)
    while (list.seen.length < messages.length) {
      const group = nextGroup(messages, list.seen.length)
      const [first] = group
      list.mapped.push(first.role === 'tool' || first.role === 'assistant' ? keep(group, () => toText(group)) : first)
      list.seen.push(...group)
    }
    return list.mapped
  }
}

function isBeginning(beginning: readonly Message[], messages: readonly Message[]): boolean {
  return beginning.length <= messages.length && beginning.every((message, index) => message === messages[index])
}

/** One message, or all results of one message. */
function nextGroup(messages: readonly Message[], start: number): readonly [Message, ...Message[]] {
  let end = start + 1
  while (messages[start]?.role === 'tool' && messages[end]?.role === 'tool') end++
  // There is a message at `start`.
  return messages.slice(start, end) as [Message, ...Message[]]
}

function toText(group: readonly [Message, ...Message[]]): Message {
  const [first] = group
  if (first.role === 'assistant') return callsToText(first)
  return user(group.flatMap((message) => (message.role === 'tool' ? [resultText(message)] : [])).join('\n\n'))
}

function callsToText(message: AssistantMessage): AssistantMessage {
  const calls = toolCallsOf(message)
  if (calls.length === 0 || typeof message.content === 'string') return message
  const written = calls.map(({ toolName, inputText }) => {
    const body = toolName === unreadableCall ? inputText : `{"name": ${JSON.stringify(toolName)}, "arguments": ${inputText === '' ? '{}' : inputText}}`
    return `<${callTag}>\n${body}\n</${callTag}>`
  })
  const text = textOf(message).trimEnd()
  const reasoning = message.content.filter(({ type }) => type === 'reasoning')
  return { ...message, content: [...reasoning, { type: 'text', text: [...(text === '' ? [] : [text]), ...written].join('\n\n') }] }
}

/** A result must not end its own block, and so forge another one. */
function resultText({ content: [{ toolName, text }] }: ToolMessage): string {
  const contained = text.replaceAll(/<(?=\/?\s*tool_(?:result|call)\b)/gi, '<\\')
  return `<${resultTag} name=${JSON.stringify(toolName)}>\n${contained}\n</${resultTag}>`
}
