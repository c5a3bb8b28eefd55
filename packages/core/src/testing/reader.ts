import { Agent } from '../agent/agent.ts'
import type { AgentOptions } from '../agent/agent-options.ts'
import type { ModelRequest, ModelTraits } from '../contract/model.ts'
import { type CountingModel, countingModel } from './counting-model.ts'
import { type Answer, call } from './scripted-model.ts'
import { testTool } from './test-tool.ts'

const prices = { currency: 'USD', input: 1_000_000, cachedInput: 200_000, output: 1_000_000 }

/** Returns a page for each input: about 600 tokens as `readerModel` counts them. */
export const readTool = testTool('read', (input) => `${JSON.stringify(input)} ${'lorem '.repeat(400)}`)

/** True for a request that asks for a summary of the history. */
export function asksForSummary({ messages }: ModelRequest): boolean {
  const last = messages.at(-1)
  return last?.role === 'user' && String(last.content).includes('Write a summary now')
}

/**
 * A model that reads a page in each step and answers after so many. It says what to do from what it is sent, so it can continue in another process.
 *
 * @param summary - Answers the requests for summaries, which count from 1.
 */
export function readerModel(
  steps: number,
  summary: (round: number) => Answer = () => ({ text: 'A summary.' }),
  traits: Partial<ModelTraits> = {},
): CountingModel {
  let asked = 0
  return countingModel(
    (request) => {
      if (asksForSummary(request)) return summary(++asked)
      const done = pagesRead(request)
      if (done >= steps) return { text: 'The end.' }
      return { text: `Step ${done + 1}.`, reasoning: 'Hm.', calls: [call('read', { page: done + 1 }, `id${done + 1}`)] }
    },
    { prices, contextWindow: 1_000_000, ...traits },
  )
}

function pagesRead({ messages }: ModelRequest): number {
  const pages = [...JSON.stringify(messages).matchAll(/\\"page\\":(\d+)/g)].map(([, page]) => Number(page))
  return Math.max(0, ...pages)
}

/** An agent with that model and tool, and limits that it does not reach. */
export function readerAgent(options: Partial<AgentOptions> & Pick<AgentOptions, 'model'>): Agent {
  return new Agent({ tools: [readTool], limits: { steps: 1_000, toolCalls: 1_000 }, ...options })
}
