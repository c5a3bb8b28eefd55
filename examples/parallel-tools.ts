// Parallel tools, shown in the terminal as they run.
import { Agent, tool } from 'capstan'
import { z } from 'zod'
import { exampleModel } from './support/example-model.ts'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const wordCount = tool({
  name: 'word_count',
  description: 'Counts the words of a text.',
  inputSchema: z.object({ text: z.string().describe('The text to count.') }),
  effect: 'read',
  execute: async ({ text }) => {
    await sleep(50)
    return { words: text.split(/\s+/).filter(Boolean).length }
  },
})

const getWeather = tool({
  name: 'get_weather',
  description: 'Current weather of a city.',
  inputSchema: z.object({ city: z.string().describe('Name of the city.') }),
  effect: 'read',
  execute: async ({ city }) => {
    await sleep(20)
    return `${city}: light rain, 18 °C`
  },
})

const { model, close } = await exampleModel()
const agent = new Agent({ model, tools: [wordCount, getWeather], toolCallConcurrency: 4 })
for await (const event of agent.stream('Count the words of "rain falls on the lake", and what is the weather in Oslo?')) {
  if (event.type === 'tool-start') console.log(`→ ${event.toolName}`, event.input)
  if (event.type === 'tool-end') console.log(`← ${event.toolName} after ${Math.round(event.ms)} ms: ${event.text}`)
  if (event.type === 'text-delta') process.stdout.write(event.delta)
}
process.stdout.write('\n')
await close()
