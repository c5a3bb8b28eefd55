import { inspect } from 'node:util'
import { evolink } from '@capstan/adapters'
import { Agent, AgentError } from '@capstan/core'
import { type SimulatedRequest, startSimulator } from '@capstan/simulator'
import { tool } from '@capstan/tools'
import { type Case, type Check, holds } from '../cases/case.ts'
import { createRandom, type Random } from '../lab/random.ts'
import { randomFault } from './plan.ts'

const names = ['alpha', 'beta'] as const
type Tenant = (typeof names)[number]

/** Two tenants at once on one server: nothing of one is seen by the other. */
export const tenantsCase: Case = {
  id: 'TENANT two tenants interleaved, with faults: no word of one reaches the other',
  run: async ({ seed, quick }) => mixTenants(seed, quick ? 20 : 200),
}

const words: Readonly<Record<Tenant, string>> = { alpha: 'tenant-alpha-canary', beta: 'tenant-beta-canary' }

/** Runs of both tenants at once. */
export async function mixTenants(seed: number, count: number): Promise<readonly Check[]> {
  const random = createRandom(seed)
  await using simulator = await startSimulator({ respond: (request) => replyOf(request, random) })
  const crossings: string[] = []
  const runs = Array.from({ length: count }, async (_, index) => {
    const tenant = names[index % 2] ?? 'alpha'
    const seen = await runFor(tenant, simulator.baseURL)
    if (seen.includes(words[other(tenant)])) crossings.push(`a run of ${tenant} saw ${other(tenant)}`)
  })
  await Promise.all(runs)
  for (const { headers, rawBody, index } of simulator.requests) {
    const tenant = (headers['authorization'] ?? '').includes(words.alpha) ? 'alpha' : 'beta'
    if (`${JSON.stringify(headers)}${rawBody}`.includes(words[other(tenant)]))
      crossings.push(`request ${index + 1} of ${tenant} holds words of ${other(tenant)}`)
  }
  return [holds(`${count} runs, ${simulator.requests.length} requests`, crossings.length === 0, crossings.slice(0, 3))]
}

function other(tenant: Tenant): Tenant {
  return tenant === 'alpha' ? 'beta' : 'alpha'
}

// The server repeats to each tenant the word of that tenant, also in errors that contain its key.
function replyOf({ headers, rawBody }: SimulatedRequest, random: Random) {
  const word = (headers['authorization'] ?? '').includes(words.alpha) ? words.alpha : words.beta
  const reply = rawBody.includes('"role":"tool"') ? { text: `About ${word}.` } : { reasoning: word, toolCalls: [{ name: 'recall', input: { about: word } }] }
  if (random.chance(0.2)) return { fault: { kind: 'status', status: 400, echoKey: true, message: `No, ${word}.` } } as const
  return random.chance(0.3) ? { ...reply, fault: randomFault(random) } : reply
}

async function runFor(tenant: Tenant, baseURL: string): Promise<string> {
  const word = words[tenant]
  const recall = tool({
    name: 'recall',
    description: 'Recalls.',
    inputSchema: { type: 'object', properties: { about: { type: 'string' } } },
    execute: (_input, { context }) => `It is ${String(context)}.`,
  })
  const timeouts = { headersMs: 300, firstContentMs: 300, queuedMs: 400, gapMs: 300, bytesMs: 300 }
  const agent = new Agent({
    model: evolink<string>('kimi-k2-thinking', { baseURL, apiKey: `secret-${word}`, timeouts }),
    tools: [recall],
    limits: { steps: 4 },
  })
  const run = agent.stream(`I am ${word}.`, { context: word })
  const events: unknown[] = []
  try {
    for await (const event of run) events.push(event)
    return inspect([events, await run.result], { depth: 10, showHidden: true })
  } catch (error) {
    return inspect([events, error, AgentError.is(error) ? [error.toJSON(), error.result, error.cause] : ''], { depth: 10, showHidden: true })
  }
}
