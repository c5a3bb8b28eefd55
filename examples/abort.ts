// Abort: a tool that ignores its signal cannot delay the end of a run, and the complete steps are kept.
import { Agent, AgentError, tool } from 'capstan'
import { z } from 'zod'
import { exampleModel } from './support/example-model.ts'

const getWeather = tool({
  name: 'get_weather',
  description: 'Current weather of a city.',
  inputSchema: z.object({ city: z.string().describe('Name of the city.') }),
  effect: 'read',
  execute: () => new Promise(() => {}), // never settles
})

const { model, close } = await exampleModel()
const agent = new Agent({ model, tools: [getWeather] })
try {
  await agent.generate('What is the weather in Oslo?', { signal: AbortSignal.timeout(300) })
} catch (error) {
  if (!AgentError.is(error) || error.code !== 'aborted') throw error
  console.log(`${error.code}: ${error.result?.messages.length} messages are kept and can be sent again`)
}
await close()
