import type { Agent, Journal, Tool } from '@capstan/core'
import { childTool } from '@capstan/core/internal'
import { noteTool, type Reply, witnessedAgent } from '@capstan/test-kit'
import { die, type TeamDeath } from './points.ts'

/** What a call of an agent inside the team does, by the name of its tool: what repeating it means, and whether a person approves it. */
type CallSetting = Pick<Tool, 'effect'> & Partial<Pick<Tool, 'needsApproval'>>

/** One agent inside the team: the names of the tools that each step calls; then it answers. */
interface Member {
  readonly steps: readonly (readonly string[])[]
  /** The member whose calls it makes by the tool `help`. */
  readonly helper?: Member
}

const calls: Readonly<Record<string, CallSetting>> = {
  pay_0: { effect: 'once' },
  book_0: { effect: 'idempotent' },
  ship_0: { effect: 'once', needsApproval: true },
  pay_1: { effect: 'once' },
  ship_1: { effect: 'once', needsApproval: true },
  look_2: { effect: 'read' },
  pay_3: { effect: 'once' },
}

/** Three agents of different lengths, two of which ask a person, and one has another one behind a tool. */
const members: Readonly<Record<string, Member>> = {
  first: { steps: [['pay_0'], ['book_0'], ['ship_0']] },
  second: { steps: [['pay_1', 'ship_1']] },
  third: { steps: [['look_2', 'help']], helper: { steps: [['pay_3']] } },
}

/** Tools whose effects must happen once, whatever dies. */
export const onceTools: readonly string[] = Object.keys(calls).filter((name) => calls[name]?.effect === 'once')

/** An agent whose calls three other agents answer, side by side. */
export function teamAgent(witness: string): Agent {
  const tools = Object.entries(members).map(([name, member]) => behind(name, memberAgent(name, member, witness)))
  const replies = [{ text: 'I ask.', calls: Object.keys(members) }, { text: 'All is done.' }]
  return witnessedAgent({ witness, replies, tools: {}, agents: tools, options: { name: 'team' } })
}

function memberAgent(name: string, { steps, helper }: Member, witness: string): Agent {
  const replies: readonly Reply[] = [...steps.map((names) => ({ text: `${name} works.`, calls: names })), { text: `${name} is done.` }]
  const own = steps.flat().flatMap((tool) => (calls[tool] === undefined ? [] : [[tool, calls[tool]] as const]))
  const agents = helper === undefined ? [] : [behind('help', memberAgent('helper', helper, witness))]
  const at = async (position: string): Promise<void> => {
    // Effects of agents that run side by side meet in another order than their bodies begin.
    if (position.startsWith('tool ')) await new Promise((resolve) => setTimeout(resolve, position.endsWith('0') ? 6 : 2))
  }
  return witnessedAgent({ witness, replies, tools: Object.fromEntries(own), agents, at, options: { name } })
}

function behind(name: string, agent: Agent): Tool {
  return childTool(noteTool(name, { execute: () => `The task of ${name}.` }), agent)
}

/** A journal whose process dies before or after so many of the records that it makes. */
export function countingJournal(journal: Journal, { beforeRecord, afterRecord }: TeamDeath): Journal {
  let count = 0
  return {
    ...journal,
    async open(runId, head) {
      const run = await journal.open(runId, head)
      const append: typeof run.append = async (records, isDurable) => {
        count += records.length
        if (beforeRecord !== undefined && count >= beforeRecord) die()
        await run.append(records, isDurable)
        if (afterRecord !== undefined && count >= afterRecord) die()
      }
      return { ...run, append }
    },
  }
}
