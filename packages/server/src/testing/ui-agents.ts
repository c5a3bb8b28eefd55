import { Agent, type AgentOptions, type Json, type RunEvent, type Tool, type ToolOutput } from '@capstan/core'
import { childTool } from '@capstan/core/internal'
import { scriptedModel } from '@capstan/core/testing'
import type { UiChunk, UiVersion } from '../ai-sdk/chunks.ts'
import { UiStream } from '../ai-sdk/ui-stream.ts'
import type { ServerEvent } from '../protocol.ts'
import { showEvent } from '../runs/shown-event.ts'

type Replies = Parameters<typeof scriptedModel>[0]

/** A tool of a few lines that returns a text. */
export function plainTool(name: string, run: (input: Json) => string | ToolOutput = () => `${name} done`, options: Partial<Tool> = {}): Tool {
  return {
    name,
    description: `Tests ${name}.`,
    inputSchema: { type: 'object' },
    effect: 'read',
    repeatable: false,
    needsApproval: false,
    check: (value) => ({ ok: true, value }),
    run: async (value) => {
      // `check` gives the input back, which is JSON.
      const output = run(value as Json)
      return typeof output === 'string' ? { status: 'ok', text: output } : output
    },
    ...options,
  }
}

/** A tool that moves money. */
export function payTool(run?: (input: Json) => string): Tool {
  return plainTool('pay', run, { effect: 'once', needsApproval: true })
}

/** An agent with a script. */
export function scriptedAgent(replies: Replies, options: Partial<AgentOptions> = {}): Agent {
  return new Agent({ name: 'clerk', model: scriptedModel(replies), ...options })
}

/** A tool whose calls an agent answers. */
export function agentTool(name: string, agent: Agent, options: Parameters<typeof childTool>[2] = {}): Tool {
  return childTool(
    plainTool(name, () => `the task of ${name}`),
    agent,
    options,
  )
}

/** The chunks of one response: what the events add to those that `stream` has had. */
export function responseOf(stream: UiStream, events: readonly (RunEvent | ServerEvent)[]): readonly UiChunk[] {
  const shown = events.flatMap((event) => ('seq' in event ? (showEvent(event) ?? []) : event))
  return [stream.start(), ...shown.flatMap((event) => [...stream.push(event)]), ...stream.end()]
}

/** The chunks of a run as a page of a version gets them. */
export function chunksOf(events: readonly (RunEvent | ServerEvent)[], version: UiVersion): readonly UiChunk[] {
  return responseOf(new UiStream({ runId: 'r', version }), events)
}
