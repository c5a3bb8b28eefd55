import { type ScriptedReply, type SimulatedRequest, type Simulator, startSimulator } from 'capstan/testing'
import { opsReply } from '../team/offline-model.ts'

/** A local provider whose model knows the team, and some sentences of the tests. */
export interface ChannelModel {
  readonly url: string
  readonly simulator: Simulator
  /** Resolves when another reply begins that never ends. */
  nextStall(): Promise<void>
  close(): Promise<void>
}

/**
 * - `tell forever`: a reply that never ends, until `isAwake` returns true
 * - `what was said`: all that people said in the conversation, as JSON
 * - `say …`: what `sayings` has under this name
 */
export async function startChannelModel(sayings: Readonly<Record<string, string>> = {}, isAwake: () => boolean = () => false): Promise<ChannelModel> {
  const waiting = new Set<() => void>()
  const simulator = await startSimulator({
    respond(request): ScriptedReply | undefined {
      const said = peopleSaid(request)
      const last = said.at(-1) ?? ''
      if (last.includes('tell forever') && !isAwake()) {
        for (const resolve of waiting) resolve()
        waiting.clear()
        return { text: 'Once upon a time there was a model that never came to an end of it.', fault: { kind: 'stall', at: 'mid-stream' } }
      }
      if (last.includes('what was said') || last.includes('tell forever')) return { reasoning: 'All of it.', text: JSON.stringify(said) }
      const [, name = ''] = /say (\w+)/.exec(last) ?? []
      return sayings[name] === undefined ? opsReply(request) : { reasoning: 'As told.', text: sayings[name] }
    },
  })
  return {
    url: simulator.baseURL,
    simulator,
    nextStall: async () => await new Promise((resolve) => waiting.add(resolve)),
    close: () => simulator.close(),
  }
}

function peopleSaid({ body }: SimulatedRequest): readonly string[] {
  const { messages } = body as unknown as {
    readonly messages: readonly { readonly role: string; readonly content: string | readonly { readonly text: string }[] }[]
  }
  return messages.flatMap(({ role, content }) => (role === 'user' ? [typeof content === 'string' ? content : content.map(({ text }) => text).join('')] : []))
}
