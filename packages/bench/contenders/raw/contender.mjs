// The lower bound that a person can reach by hand: undici, a small parser, a loop, without any checks.
import { Pool } from 'undici'

export const settings = ['undici `Pool.request`', 'no validation, no clocks, no abort, no retries']

export async function create({ baseURL, apiKey, tool, mode, execute }) {
  if (mode !== 'plain' && mode !== 'on' && mode !== 'iterate') return undefined
  const url = new URL(`${baseURL}/chat/completions`)
  const pool = new Pool(url.origin)
  const isStreamed = mode !== 'plain'
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` }
  const tools = [{ type: 'function', function: { name: tool.name, description: tool.description, parameters: tool.schema } }]

  const ask = async (messages, onText) => {
    const body = JSON.stringify({ model: 'bench', stream: isStreamed, ...(isStreamed && { stream_options: { include_usage: true } }), tools, messages })
    const response = await pool.request({ path: url.pathname, method: 'POST', headers, body })
    if (response.statusCode !== 200) throw new Error(`Status ${response.statusCode}`)
    return isStreamed ? await readStream(response.body, onText) : /** @type {any} */ (await response.body.json()).choices[0].message
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
    close: () => pool.close(),
  }
}

async function readStream(body, onText) {
  const decoder = new TextDecoder()
  const message = { content: '', tool_calls: [] }
  let rest = ''
  for await (const chunk of body) {
    const events = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
    rest = events.pop() ?? ''
    for (const event of events) {
      if (event === 'data: [DONE]') continue
      const delta = JSON.parse(event.slice(6)).choices[0]?.delta
      if (delta?.content) {
        message.content += delta.content
        onText(delta.content)
      }
      for (const piece of delta?.tool_calls ?? []) add(message.tool_calls, piece)
    }
  }
  return message.tool_calls.length > 0 ? message : { role: 'assistant', content: message.content }
}

function add(calls, { index, id, function: { name, arguments: text = '' } }) {
  calls[index] ??= { id, type: 'function', function: { name, arguments: '' } }
  calls[index].function.arguments += text
}
