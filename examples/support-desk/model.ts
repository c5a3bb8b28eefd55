import { evolink, type Model } from 'capstan'
import { type ScriptedReply, type SimulatedRequest, startSimulator } from 'capstan/testing'
import { readConversation } from './offline/conversation.ts'
import { nextReply } from './offline/replies.ts'

export interface DeskModel {
  readonly model: Model
  /** For people. */
  readonly name: string
  close(): Promise<void>
}

/** Evolink with a key in EVOLINK_API_KEY; without one a few rules behind a local provider, which are not a language model. */
export async function deskModel(): Promise<DeskModel> {
  if (process.env['EVOLINK_API_KEY']) return { model: evolink('kimi-k2-thinking'), name: 'kimi-k2-thinking at Evolink', close: async () => {} }
  const simulator = await startSimulator({ respond, chunkDelayMs: Number(process.env['DESK_CHUNK_MS'] ?? 25) })
  return {
    model: evolink('kimi-k2-thinking', { baseURL: simulator.baseURL, apiKey: 'none' }),
    name: 'rules without a key, not a language model',
    close: () => simulator.close(),
  }
}

function respond({ body }: SimulatedRequest): ScriptedReply {
  return nextReply(readConversation(body))
}
