// What docs/from-ai-sdk.md and docs/from-openai-agents.md show of Capstan: a run, its events, an output, a conversation, a limit.
import { Agent, tool, user } from 'capstan'
import { z } from 'zod'
import { exampleModel } from './support/example-model.ts'

const { model, close } = await exampleModel()
const degrees = async (city: string, signal: AbortSignal): Promise<number> => (signal.aborted ? Number.NaN : city.length)
// region tool
const getWeather = tool({
  name: 'get_weather',
  description: 'Current weather of a city.',
  inputSchema: z.object({ city: z.string() }),
  effect: 'read',
  execute: async ({ city }, { signal }) => ({ city, celsius: await degrees(city, signal) }),
})
// endregion
// region run
const agent = new Agent({ model, instructions: 'Answer with the facts of the tools.', tools: [getWeather], limits: { steps: 10 } })
const { text } = await agent.generate('How warm is it in Oslo?')
// endregion
console.log(`run: ${text}\nstream: `)
// region stream
for await (const event of agent.stream('How warm is it in Oslo?')) {
  if (event.type === 'text-delta') process.stdout.write(event.delta)
  if (event.type === 'tool-end') process.stdout.write(`[${event.toolName}] `)
}
// endregion
// region output
const schema = z.object({ city: z.string(), celsius: z.number() })
const weather = (await new Agent({ model, output: schema }).generate('Oslo has 4 degrees.')).outputOrThrow()
// endregion
// region conversation
const first = await agent.generate('Hello.')
const second = await agent.generate([...first.messages, user('And goodbye.')])
// endregion
// region limit
const { status, stopReason } = await agent.generate('How warm is it in Oslo?', { limits: { steps: 1 } })
if (status === 'limit') console.log(`\nlimit: ${stopReason}`)
// endregion
console.log(`output: ${weather.celsius}\nconversation: ${second.messages.length} messages`)
await close()
