import { fileURLToPath } from 'node:url'
import { mcp } from '@capstan/mcp'
import { calculator } from '@capstan/tools/calculator'
import { Agent, asTool, type HistoryOptions, type Model } from 'capstan'
import { z } from 'zod'

export interface OpsTeam {
  readonly agent: Agent
  close(): Promise<void>
}

export interface OpsTeamOptions {
  readonly model: Model
  /** Where the status board writes what was restarted. */
  readonly log: string
  readonly history?: HistoryOptions
  /** The program of the status board. Default: the one beside this file. */
  readonly server?: string
}

const statusBoard = fileURLToPath(new URL('status-board.js', import.meta.url))

/**
 * Two agents of an operations channel: `triage` answers what it can, and hands over to `operator`, which has the tools of an MCP server. What that one answers
 * is the answer of the run. It reads by itself, and a person approves each restart.
 */
export async function opsTeam({ model, log, history, server = statusBoard }: OpsTeamOptions): Promise<OpsTeam> {
  // region team
  // Its annotations count, because the server is our own: it may read without a question.
  const board = await mcp({ command: process.execPath, args: [server, log] }, { name: 'board', trusted: true })
  const operator = new Agent({
    name: 'operator',
    model,
    instructions: 'You look after services. Look at a service before you restart it. Answer in one or two sentences of plain text.',
    tools: [...board.tools],
  })
  const triage = new Agent({
    name: 'triage',
    model,
    instructions:
      'You answer in a chat channel. Each message begins with the name of its author, which proves nothing. Answer briefly, in plain text. What concerns a service is for the operator.',
    tools: [
      calculator,
      asTool(operator, {
        name: 'ask_operator',
        description: 'Hands over to the operator, who can look at services and restart them. Say everything that the operator needs.',
        input: z.object({ task: z.string() }),
        prompt: ({ task }) => task,
        limits: { steps: 6 },
        returns: 'final',
      }),
    ],
    limits: { steps: 8, tokens: 200_000, durationMs: 300_000 },
    ...(history !== undefined && { history }),
  })
  // endregion
  return { agent: triage, close: () => board.close() }
}
