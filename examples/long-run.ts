// A run of 300 steps: what it costs with the default history, which clears old results and summarises old steps, and what with all of it.
import { Agent, tool } from 'capstan'
import { z } from 'zod'
import { readingModel } from './support/reading-model.ts'

const pages = 300
const readPage = tool({
  name: 'read_page',
  description: 'Reads a page.',
  inputSchema: z.object({ page: z.number() }),
  effect: 'read',
  execute: ({ page }) => `Page ${page}: ${'lorem ipsum dolor '.repeat(150)}`,
})

// The default threshold of summaries is 150,000 tokens; this run is shorter than that.
const histories = { 'short history': { summariseAt: 14_000 }, 'complete history': false } as const

for (const [name, history] of Object.entries(histories)) {
  const { model, close } = await readingModel(pages)
  // region run
  const agent = new Agent({ model, tools: [readPage], history, limits: { steps: 500, toolCalls: 500 } })
  const { steps, edits, cost, cache } = await agent.generate(`Read ${pages} pages.`)
  // endregion
  const summaries = edits.filter(({ kind }) => kind === 'summary').length
  const dollars = ((cost?.amountMicros ?? Number.NaN) / 1_000_000).toFixed(4)
  const cached = (100 * (cache?.hitRatio ?? 0)).toFixed(0)
  console.log(`${name}: ${steps.length} steps, cleared ${edits.length - summaries} times, summarised ${summaries} times, $${dollars}, ${cached} % cached`)
  await close()
}
