import OpenAI from 'openai'

export const settings = ['a loop written by hand', '`maxRetries: 0`', 'arguments are parsed, not validated']

export async function create({ baseURL, apiKey, tool, mode, execute }) {
  if (mode !== 'plain' && mode !== 'iterate') return undefined
  const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 })
  const tools = [{ type: 'function', function: { name: tool.name, description: tool.description, parameters: tool.schema } }]

  const ask = async (messages, onText) => {
    if (mode === 'plain') return (await client.chat.completions.create({ model: 'bench', messages, tools })).choices[0].message
    const stream = await client.chat.completions.create({ model: 'bench', messages, tools, stream: true, stream_options: { include_usage: true } })
    const message = { role: 'assistant', content: '', tool_calls: [] }
    for await (const { choices } of stream) {
      const delta = choices[0]?.delta
      if (delta?.content) {
        message.content += delta.content
        onText(delta.content)
      }
      for (const piece of delta?.tool_calls ?? []) add(message.tool_calls, piece)
    }
    return message.tool_calls.length > 0 ? message : { role: 'assistant', content: message.content }
  }

  return {
    run: async (prompt, onText) => {
      const messages = [{ role: 'user', content: prompt }]
      for (;;) {
        const message = await ask(messages, onText)
        messages.push({ role: 'assistant', content: message.content, tool_calls: message.tool_calls })
        if (!message.tool_calls) return message.content
        const outputs = await Promise.all(message.tool_calls.map((call) => execute(JSON.parse(call.function.arguments))))
        messages.push(...message.tool_calls.map((call, index) => ({ role: 'tool', tool_call_id: call.id, content: outputs[index] })))
      }
    },
    close: () => {},
  }
}

function add(calls, { index, id, function: { name, arguments: text = '' } }) {
  calls[index] ??= { id, type: 'function', function: { name, arguments: '' } }
  calls[index].function.arguments += text
}
