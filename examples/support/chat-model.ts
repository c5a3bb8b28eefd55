import { evolink, type Model } from 'capstan'
import { type ScriptedReply, type SimulatedRequest, startSimulator } from 'capstan/testing'
import { isAskedForSummary } from './reading-model.ts'

/** A local model that reads the note it is asked about, and answers. A reply follows from the messages, so a chat continues in any process. */
export async function chatModel(): Promise<{ readonly model: Model; close(): Promise<void> }> {
  const simulator = await startSimulator({ respond: replyTo })
  return { model: evolink('kimi-k2-thinking', { baseURL: simulator.baseURL, apiKey: 'none' }), close: () => simulator.close() }
}

function replyTo(request: SimulatedRequest): ScriptedReply {
  if (isAskedForSummary(request)) return { reasoning: 'Short.', text: 'Notes were read, one for each question.' }
  const question = request.rawBody.lastIndexOf('"role":"user"')
  const note = Number(/note (\d+)/.exec(request.rawBody.slice(question))?.[1])
  if (request.rawBody.lastIndexOf('"role":"tool"') > question) return { reasoning: 'It is read.', text: `Note ${note} is about the weather.` }
  return { reasoning: 'The note has to be read.', toolCalls: [{ name: 'read_note', input: { note } }] }
}
