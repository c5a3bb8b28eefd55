// One tool: the model calls it, gets the result and writes a reply.
// region imports
import { Agent, tool } from 'capstan'
import { z } from 'zod'
// endregion
import { exampleModel } from './support/example-model.ts'

// region tool
const getWeather = tool({
  name: 'get_weather',
  description: 'Current weather of a city.',
  inputSchema: z.object({ city: z.string().describe('Name of the city.') }),
  effect: 'read',
  execute: ({ city }) => ({ city, sky: 'light rain', celsius: 18 }),
})
// endregion

const { model, close } = await exampleModel()
// region run
const agent = new Agent({ model, instructions: 'Answer with the facts that the tools give you.', tools: [getWeather] })
const result = await agent.generate('What is the weather in Hangzhou?')
console.log(result.textOrThrow())
// endregion
console.log(`${result.steps.length} steps, ${result.usage.totalTokens} tokens, ${result.stopReason}`)
await close()
