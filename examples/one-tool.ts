// One tool: the model calls it, gets the result and writes a reply.
import { Agent, tool } from 'capstan'
import { z } from 'zod'
import { exampleModel } from './support/example-model.ts'

const getWeather = tool({
  name: 'get_weather',
  description: 'Current weather of a city.',
  inputSchema: z.object({ city: z.string().describe('Name of the city.') }),
  effect: 'read',
  execute: ({ city }) => ({ city, sky: 'light rain', celsius: 18 }),
})

const { model, close } = await exampleModel()
const agent = new Agent({ model, instructions: 'Answer with the facts that the tools give you.', tools: [getWeather] })
const result = await agent.generate('What is the weather in Hangzhou?')
console.log(result.textOrThrow())
console.log(`${result.steps.length} steps, ${result.usage.totalTokens} tokens, ${result.stopReason}`)
await close()
