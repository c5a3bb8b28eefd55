// The side of the OpenAI Agents SDK of docs/from-openai-agents.md. Each function is one row of the page; moving.test.ts runs them against the simulator.
import { Agent, MaxTurnsExceededError, MemorySession, type Model, OpenAIChatCompletionsModel, run, setTracingDisabled, tool } from '@openai/agents'
import OpenAI from 'openai'
import { z } from 'zod'

export function modelOf(baseURL: string): Model {
  const apiKey = 'test-key'
  // region model
  setTracingDisabled(true)
  const client = new OpenAI({ baseURL, apiKey })
  const model = new OpenAIChatCompletionsModel(client, 'deepseek-chat')
  // endregion
  return model
}

// region tool
const getWeather = tool({
  name: 'get_weather',
  description: 'Current weather of a city.',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => ({ city, celsius: 4 }),
})
// endregion

export async function ask(model: Model): Promise<string | undefined> {
  // region run
  const agent = new Agent({ name: 'traveller', model, instructions: 'Answer with the facts of the tools.', tools: [getWeather] })
  const result = await run(agent, 'How warm is it in Oslo?', { maxTurns: 10 })
  const text = result.finalOutput
  // endregion
  return text
}

export async function stream(model: Model, write: (text: string) => void): Promise<void> {
  const agent = new Agent({ name: 'traveller', model, tools: [getWeather] })
  // region stream
  const result = await run(agent, 'How warm is it in Oslo?', { stream: true })
  for await (const event of result) {
    if (event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta') write(event.data.delta)
    if (event.type === 'run_item_stream_event' && event.name === 'tool_output') write('[get_weather] ')
  }
  await result.completed
  // endregion
}

export async function output(model: Model): Promise<unknown> {
  // region output
  const outputType = z.object({ city: z.string(), celsius: z.number() })
  const agent = new Agent({ name: 'reader', model, outputType })
  const { finalOutput } = await run(agent, 'Oslo has 4 degrees.')
  // endregion
  return finalOutput
}

export async function approval(model: Model, isAllowed: (input: unknown) => boolean): Promise<string | undefined> {
  // region approval
  const parameters = z.object({ invoice: z.string() })
  const pay = tool({ name: 'pay', description: 'Pays an invoice.', parameters, needsApproval: true, execute: ({ invoice }) => `Paid ${invoice}.` })
  const agent = new Agent({ name: 'clerk', model, tools: [pay] })
  let result = await run(agent, 'Pay INV-7.')
  for (const item of result.interruptions) {
    if (isAllowed(item.rawItem)) result.state.approve(item)
    else result.state.reject(item)
  }
  result = await run(agent, result.state)
  // endregion
  return result.finalOutput
}

export async function agents(model: Model): Promise<string | undefined> {
  // region agents
  const researcher = new Agent({ name: 'researcher', model, tools: [getWeather] })
  const research = researcher.asTool({ toolName: 'research', toolDescription: 'Answers one question about the weather.' })
  const editor = new Agent({ name: 'editor', model, tools: [research] })
  const { finalOutput } = await run(editor, 'Write about Oslo.')
  // endregion
  return finalOutput
}

export async function session(model: Model): Promise<string | undefined> {
  const agent = new Agent({ name: 'friend', model })
  // region session
  const session = new MemorySession({ sessionId: 'user-7' })
  await run(agent, 'Hello.', { session })
  const { finalOutput } = await run(agent, 'And goodbye.', { session })
  // endregion
  return finalOutput
}

export async function limit(model: Model): Promise<string> {
  const agent = new Agent({ name: 'traveller', model, tools: [getWeather] })
  // region limit
  try {
    await run(agent, 'How warm is it in Oslo?', { maxTurns: 1 })
  } catch (error) {
    if (error instanceof MaxTurnsExceededError) return 'too many turns'
    throw error
  }
  // endregion
  return 'finished'
}
