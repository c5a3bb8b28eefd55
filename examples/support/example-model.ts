import { evolink, type Model } from 'capstan'
import { startSimulator } from 'capstan/testing'

/** The model of the examples: Evolink with a key in EVOLINK_API_KEY, otherwise a local offline model without a key. */
export async function exampleModel(): Promise<{ readonly model: Model; close(): Promise<void> }> {
  if (process.env['EVOLINK_API_KEY']) return { model: evolink('kimi-k2-thinking'), close: async () => {} }
  const simulator = await startSimulator()
  return { model: evolink('kimi-k2-thinking', { baseURL: simulator.baseURL, apiKey: 'none' }), close: () => simulator.close() }
}
