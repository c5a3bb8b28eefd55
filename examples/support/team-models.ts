import { evolink, type Model } from 'capstan'
import { type ScriptedReply, startSimulator } from 'capstan/testing'

/** What each agent does, step by step; the last reply is its answer. */
const parts = {
  editor: [
    { toolCalls: ['When is high tide?', 'What moves the sea?'].map((question) => ({ name: 'research', input: { question } })) },
    { toolCalls: [{ name: 'write', input: { notes: 'High tide is twice a day. The moon moves the sea.' } }] },
    { text: 'The article about tides is published.' },
  ],
  researcher: [{ toolCalls: [{ name: 'search', input: { words: 'tides' } }] }, { text: 'Twice a day, because of the moon.' }],
  writer: [{ toolCalls: [{ name: 'publish', input: { title: 'Tides' } }] }, { text: 'Published as "Tides".' }],
} satisfies Readonly<Record<string, readonly ScriptedReply[]>>

/** The offline model of each agent. A reply follows from the messages, as with a real model, so a run continues in any process. */
export async function teamModels(): Promise<{ readonly models: Readonly<Record<keyof typeof parts, Model>>; close(): Promise<void> }> {
  const simulators = await Promise.all([serve(parts.editor), serve(parts.researcher), serve(parts.writer)])
  const [editor, researcher, writer] = simulators.map(({ baseURL }) => evolink('kimi-k2-thinking', { baseURL, apiKey: 'none' }))
  if (editor === undefined || researcher === undefined || writer === undefined) throw new Error('Each agent has a model.')
  return { models: { editor, researcher, writer }, close: async () => void (await Promise.all(simulators.map((each) => each.close()))) }
}

function serve(replies: readonly ScriptedReply[]): ReturnType<typeof startSimulator> {
  return startSimulator({ respond: ({ body }) => replies[countReplies(body)] })
}

function countReplies(body: unknown): number {
  const messages: unknown = typeof body === 'object' && body !== null && 'messages' in body ? body.messages : []
  return Array.isArray(messages) ? messages.filter((message) => message.role === 'assistant').length : 0
}
