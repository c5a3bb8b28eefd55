import { evolink } from '@capstan/adapters'
import { Agent } from '@capstan/core'

// Started by `memory.ts` with a small heap: reads one long stream and prints its length.
const [baseURL = ''] = process.argv.slice(2)
const model = evolink<string>('kimi-k2-thinking', { baseURL, apiKey: 'canary-secret-child', limits: { responseBytes: 2 ** 30 } })
const agent = new Agent({ model, limits: { durationMs: 600_000 } })
let characters = 0
for await (const event of agent.stream('Go.')) if (event.type === 'text-delta') characters += event.delta.length
console.log(JSON.stringify({ characters, rss: process.memoryUsage.rss() }))
