import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openaiCompatible } from '@capstan/adapters'
import { Agent, type AgentError, type AgentOptions, type Dispatcher, type RunEvent } from '@capstan/core'
import { tool } from '@capstan/tools'

/** A file in a new folder. */
export function newFile(name = 'x.tape.jsonl'): string {
  return join(mkdtempSync(join(tmpdir(), 'capstan-tape-')), name)
}

/** A key that must be in no file. */
export const key = 'canary-4f9a1b2c3d4e5f60718293a4b5c6d7e8'

export interface TapedAgent {
  readonly baseURL?: string
  readonly dispatcher?: Dispatcher
  readonly apiKey?: string
  readonly model?: string
  readonly instructions?: string
  readonly weigh?: (item: string) => unknown
  readonly trace?: AgentOptions['trace']
}

/** An agent with one tool, whose model is asked through a dispatcher. Without a base URL nothing answers there. */
export function tapedAgent({
  baseURL = 'http://127.0.0.1:9/v1',
  dispatcher,
  apiKey,
  model = 'deepseek-chat',
  instructions,
  weigh = () => 1200,
  trace,
}: TapedAgent): Agent {
  const settings = {
    model,
    ...(dispatcher && { dispatcher }),
    ...(apiKey === undefined ? { apiKeyEnv: 'CAPSTAN_NO_SUCH_KEY' } : { apiKey }),
  }
  return new Agent({
    model: openaiCompatible({ baseURL, ...settings }),
    ...(instructions !== undefined && { instructions }),
    attempts: { delayMs: 0 },
    ...(trace && { trace }),
    tools: [
      tool({
        name: 'weigh',
        description: 'Weighs an item.',
        inputSchema: { type: 'object', properties: { item: { type: 'string' } } },
        effect: 'read',
        execute: (input) => weigh(String((input as { item?: string }).item)),
      }),
    ],
  })
}

/** The events of a run without what differs from run to run. */
export async function eventsOf(agent: Agent, input = 'go'): Promise<readonly object[]> {
  const events: object[] = []
  await agent.generate(input, { runId: 'r', onEvent: (event) => events.push(comparable(event)) })
  return events
}

function comparable(event: RunEvent): object {
  const { at: _, seq: __, ...rest } = event
  const timeless = Object.entries(rest).filter(([name]) => !['ms', 'delayMs', 'execution', 'operation'].includes(name))
  return Object.fromEntries(timeless)
}

/** The error that a run ends with. */
export async function errorOf(run: Promise<unknown>): Promise<AgentError> {
  return (await run.then(
    () => {
      throw new Error('It did not fail.')
    },
    (error: unknown) => error,
  )) as AgentError
}
