import { ChatOpenAI } from '@langchain/openai'
import { createAgent, tool } from 'langchain'
import { z } from 'zod'

export const settings = [
  '`createAgent` with `ChatOpenAI`',
  '`LANGSMITH_TRACING=false`',
  '`maxRetries: 0`',
  '`recursionLimit: 20000`',
  "`streamMode: 'messages'`",
]

export async function create({ baseURL, apiKey, tool: { name, description }, mode, execute }) {
  if (mode !== 'plain' && mode !== 'iterate') return undefined
  const model = new ChatOpenAI({ model: 'bench', apiKey, maxRetries: 0, streaming: mode !== 'plain', configuration: { baseURL } })
  const work = tool((input) => execute(input), { name, description, schema: z.object({ step: z.number().int(), text: z.string() }) })
  const agent = createAgent({ model, tools: [work] })
  const config = { recursionLimit: 20_000 }
  return {
    run: async (prompt, onText) => {
      const input = { messages: [{ role: 'user', content: prompt }] }
      if (mode === 'plain') return (await agent.invoke(input, config)).messages.at(-1).text
      let text = ''
      for await (const [message] of await agent.stream(input, { ...config, streamMode: 'messages' })) {
        if (message.getType() !== 'ai' || message.text === '') continue
        text += message.text
        onText(message.text)
      }
      return text
    },
    close: () => {},
  }
}
