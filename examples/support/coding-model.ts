import { evolink, type Model } from 'capstan'
import { type ScriptedReply, startSimulator } from 'capstan/testing'

const steps: readonly ScriptedReply[] = [
  { text: 'I read the program and its test.', toolCalls: ['total.mjs', 'total.test.mjs'].map((path) => ({ name: 'read_file', input: { path } })) },
  {
    text: 'The prices are subtracted.',
    toolCalls: [{ name: 'edit_file', input: { path: 'total.mjs', old_text: 'sum - price', new_text: 'sum + price' } }],
  },
  { toolCalls: [{ name: 'run_program', input: { program: process.execPath, args: ['--test'] } }] },
  {
    toolCalls: [
      {
        name: 'write_file',
        input: { path: 'CHANGES.md', content: '# Changes\n\n- The first version.\n- total() adds the prices.\n', replace: true },
      },
    ],
  },
  { text: 'The program subtracted the prices. It adds them now, and its test passes.' },
]

/** The model of the coding agent: Evolink with a key in EVOLINK_API_KEY, otherwise a local model that makes these steps until a person denies one. */
export async function codingModel(): Promise<{ readonly model: Model; close(): Promise<void> }> {
  if (process.env['EVOLINK_API_KEY']) return { model: evolink('kimi-k2-thinking'), close: async () => {} }
  const simulator = await startSimulator({
    respond: ({ rawBody }) => (rawBody.includes('Not run: a person denied') ? { text: 'I stop here, because you said no.' } : steps[countReplies(rawBody)]),
  })
  return { model: evolink('kimi-k2-thinking', { baseURL: simulator.baseURL, apiKey: 'none' }), close: () => simulator.close() }
}

function countReplies(rawBody: string): number {
  return rawBody.split('"role":"assistant"').length - 1
}
