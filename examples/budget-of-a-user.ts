// One agent serves all users: budget, settings and instructions are those of each run, and are recorded with it.
import { Agent, tool } from 'capstan'
import { z } from 'zod'
import { exampleModel } from './support/example-model.ts'

interface User {
  readonly id: string
  readonly name: string
  readonly tokensLeft: number
}

const users: readonly User[] = [
  { id: 'u1', name: 'Ada', tokensLeft: 50_000 },
  { id: 'u2', name: 'Bob', tokensLeft: 20 },
]
const getWeather = tool({
  name: 'get_weather',
  description: 'Current weather of a city.',
  inputSchema: z.object({ city: z.string().describe('Name of the city.') }),
  effect: 'read',
  execute: ({ city }) => `Light rain in ${city}.`,
})

const { model, close } = await exampleModel()
const agent = new Agent<User>({ model, tools: [getWeather], instructions: ({ name }) => `You help ${name}.`, limits: { steps: 10 } })

for (const user of users) {
  const { stopReason, usage } = await agent.generate('What is the weather in Hangzhou?', {
    context: user,
    limits: { tokens: user.tokensLeft },
    settings: { maxOutputTokens: 2_000 },
    metadata: { user: user.id },
  })
  console.log(`${user.name}: ${stopReason}, ${user.tokensLeft - (usage.totalTokens ?? 0)} tokens left`)
}
await close()
