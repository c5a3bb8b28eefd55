import { deepseek, type Model } from 'capstan'
import { type SimulatedRequest, startSimulator } from 'capstan/testing'

/** A local model, priced as deepseek-v4-pro, that reads so many pages one after the other, and writes a summary when it is asked for one. */
export async function readingModel(pages: number): Promise<{ readonly model: Model; close(): Promise<void> }> {
  let page = 0
  const simulator = await startSimulator({
    endpoint: 'deepseek',
    respond: (request) => {
      if (isAskedForSummary(request)) return { reasoning: 'Short.', text: `Pages 1 to ${page} were read. Nothing was remarkable.` }
      page += 1
      if (page > pages) return { reasoning: 'Done.', text: 'All pages were read.' }
      return { reasoning: `Page ${page} is next.`, toolCalls: [{ name: 'read_page', input: { page } }] }
    },
  })
  return { model: deepseek('deepseek-v4-pro', { baseURL: simulator.baseURL, apiKey: 'none' }), close: () => simulator.close() }
}

/** True for the request of a summary of the history. */
export function isAskedForSummary({ rawBody }: SimulatedRequest): boolean {
  return rawBody.slice(rawBody.lastIndexOf('"role":"user"')).includes('Write a summary now')
}
