import { evolink, type Json, type Model } from 'capstan'
import { type ScriptedReply, type SimulatedRequest, startSimulator } from 'capstan/testing'

/** The model of a bot: Evolink with a key in EVOLINK_API_KEY; a local provider at MODEL_URL; else rules that know the team and no language. */
export async function botModel(): Promise<{ readonly model: Model; close(): Promise<void> }> {
  const { EVOLINK_API_KEY: key, MODEL_URL: baseURL } = process.env
  if (key) return { model: evolink('kimi-k2-thinking'), close: async () => {} }
  if (baseURL) return { model: evolink('kimi-k2-thinking', { baseURL, apiKey: 'none' }), close: async () => {} }
  const simulator = await startSimulator({ respond: opsReply })
  return { model: evolink('kimi-k2-thinking', { baseURL: simulator.baseURL, apiKey: 'none' }), close: () => simulator.close() }
}

interface WireMessage {
  readonly role: string
  readonly content: Json
}

/** What both agents say, from what was said last. What is not about services is left to the offline model of the simulator. */
export function opsReply({ body, rawBody }: SimulatedRequest): ScriptedReply | undefined {
  const { messages } = body as unknown as { readonly messages: readonly WireMessage[] }
  const question = messages.findLastIndex(({ role }) => role === 'user')
  const said = textOf(messages[question]?.content)
  const results = messages.slice(question + 1).flatMap(({ role, content }) => (role === 'tool' ? [textOf(content)] : []))
  const [, restart, service] = /\b(restart|status of|state of|is)\s+(?:the\s+)?(web|mail|db-1)\b/i.exec(said) ?? []
  if (said.includes('Write a summary now')) return { reasoning: 'Short.', text: 'People asked about services.' }
  if (service === undefined) return undefined
  const call = (name: string, input: { readonly [name: string]: Json }): ScriptedReply => ({ reasoning: 'The tool knows.', toolCalls: [{ name, input }] })
  if (rawBody.includes('"ask_operator"')) return results.length === 0 ? call('ask_operator', { task: said.replace(/^\S+: /, '') }) : { text: results.join(' ') }
  const result = results.at(-1)
  if (result === undefined) return call('board__service_status', { service })
  if (restart?.toLowerCase() === 'restart' && results.length === 1) return call('board__restart_service', { service })
  return { reasoning: 'It is done.', text: result.includes('denied') ? `I have not touched ${service}: ${result}` : result }
}

function textOf(content: Json | undefined): string {
  if (typeof content === 'string') return content
  return Array.isArray(content) ? content.map((part) => (part as { readonly text?: string }).text ?? '').join('') : ''
}
