import { generateText, isStepCount, streamText, tool } from 'ai'
import type { ChatCompletionMessage, ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import { z } from 'zod'
import { aiProvider } from './ai-client.ts'
import { openaiClient } from './openai-client.ts'
import { stringTool } from './parsed.ts'

/** A tool loop: it runs the tools, sends the results and sends the next request. */
export interface Loop {
  readonly name: string
  /** Which `reasoning_content` is sent back with the calls. */
  readonly returns: 'all' | 'last-piece' | 'nothing'
  run(baseURL: string, model: string, prompt: string): Promise<LoopResult>
}

export interface LoopResult {
  readonly text: string
  /** The calls that were run, in order. */
  readonly made: readonly string[]
}

const temperatures: Readonly<Record<string, string>> = { Oslo: '4', Rome: '18' }
const input = z.object({ city: z.string() })
const definition = stringTool('get_temperature', 'city')

function makeTool() {
  const made: string[] = []
  return {
    made,
    execute({ city }: z.infer<typeof input>): string {
      made.push(city)
      return temperatures[city] ?? 'unknown'
    },
  }
}

/** A loop like that of the vendors' pages: the received message is appended to the messages. */
function byHand(name: string, returns: Loop['returns'], ask: (...asked: AskParameters) => Promise<ChatCompletionMessage>): Loop {
  return {
    name,
    returns,
    async run(baseURL, model, prompt) {
      const { made, execute } = makeTool()
      const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: prompt }]
      while (true) {
        const message = await ask(baseURL, model, messages)
        messages.push(message)
        if (!message.tool_calls?.length) return { text: message.content ?? '', made }
        for (const call of message.tool_calls) {
          if (call.type !== 'function') throw new Error(`a call of type ${call.type}`)
          messages.push({ role: 'tool', tool_call_id: call.id, content: execute(input.parse(JSON.parse(call.function.arguments))) })
        }
      }
    },
  }
}

type AskParameters = [baseURL: string, model: string, messages: ChatCompletionMessageParam[]]

const openaiByHand = byHand('openai, by hand', 'all', async (baseURL, model, messages) => {
  const { choices } = await openaiClient({ baseURL }).chat.completions.create({ model, messages, tools: [definition] })
  if (choices[0] === undefined) throw new Error('The completion has no choice.')
  return choices[0].message
})

const openaiStreamByHand = byHand('openai, by hand, streamed', 'last-piece', (baseURL, model, messages) =>
  openaiClient({ baseURL })
    .chat.completions.stream({ model, messages, tools: [definition] })
    .finalMessage(),
)

function openaiRunner(name: string, stream: boolean): Loop {
  return {
    name,
    returns: 'nothing',
    async run(baseURL, model, prompt) {
      const { made, execute } = makeTool()
      const { function: declared } = definition
      const called = { ...declared, parse: (text: string) => input.parse(JSON.parse(text)), function: execute }
      const tools = [{ type: 'function' as const, function: called }]
      const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: prompt }]
      const { completions } = openaiClient({ baseURL }).chat
      const runner = stream ? completions.runTools({ model, messages, tools, stream: true }) : completions.runTools({ model, messages, tools })
      return { text: (await runner.finalContent()) ?? '', made }
    },
  }
}

const aiLoop: Loop = {
  name: 'ai generateText',
  returns: 'all',
  async run(baseURL, model, prompt) {
    const { made, options } = aiOptions(baseURL, model, prompt)
    return { text: (await generateText(options)).text, made }
  },
}

const aiStreamLoop: Loop = {
  name: 'ai streamText',
  returns: 'all',
  async run(baseURL, model, prompt) {
    const { made, options } = aiOptions(baseURL, model, prompt)
    const result = streamText({ ...options, onError: () => undefined })
    for await (const part of result.fullStream) if (part.type === 'error') throw part.error
    return { text: await result.text, made }
  },
}

function aiOptions(baseURL: string, model: string, prompt: string) {
  const { made, execute } = makeTool()
  const tools = { get_temperature: tool({ description: definition.function.description, inputSchema: input, execute }) }
  return { made, options: { model: aiProvider({ baseURL })(model), prompt, tools, stopWhen: isStepCount(10), maxRetries: 0 } }
}

const openaiRunTools = openaiRunner('openai runTools', false)
const openaiStreamRunTools = openaiRunner('openai runTools, streamed', true)

export const loops = { openaiByHand, openaiStreamByHand, openaiRunTools, openaiStreamRunTools, aiLoop, aiStreamLoop }
export const runToolsLoops: readonly Loop[] = [openaiRunTools, openaiStreamRunTools]
/** The loops that work with a model that requires its reasoning. */
export const reasoningLoops: readonly Loop[] = [openaiByHand, openaiStreamByHand, aiLoop, aiStreamLoop]
