import { dirname, join } from 'node:path'
import type { Agent, ArtifactStore, ToolEffect } from '@capstan/core'
import { fileJournal } from '@capstan/durable'
import { type Reply, Witness, type WitnessedSetting, witnessedAgent } from '@capstan/test-kit'

/** What a process needs to know of the run that it works on. It is sent as JSON. */
export interface AgentSetting {
  /** Path of the file that counts what happened outside of any journal. */
  readonly witness: string
  /** The effect of the tool `work`. */
  readonly effect: ToolEffect
  /** Length of what is added to each output, in characters. */
  readonly bulk?: number
  /** True for an agent with other prices, limits and options once a request was sent: a run that counted with them would end at once. */
  readonly changes?: boolean
  /** True for an agent with a catalogue, whose tool `work` is not there any more once a request was sent: in each process after the first. */
  readonly vanishes?: boolean
  /** True for an agent that reads untrusted content and pays. Once a request was sent its tools declare nothing, and its guard is off. */
  readonly tainted?: boolean
}

const replies: readonly Reply[] = [
  {
    text: 'First.',
    calls: [
      ['work', { n: 1 }],
      ['second', { n: 2 }],
    ],
  },
  {
    calls: [
      ['pay', { amount: 5 }],
      ['read_result', { id: 'r1.1', find: 'second is' }],
    ],
  },
  { text: 'All is done.' },
]

const searching: readonly Reply[] = [
  { calls: [['search_tools', { query: 'work' }]] },
  { calls: [['call_tool', { name: 'work', input: { n: 1 } }]] },
  { calls: [['pay', { amount: 5 }]] },
  { text: 'All is done.' },
]

/**
 * The agent of all crash tests: a step with the tool under test beside another one, whose result is too large for the model and is kept; a
 * payment that a person approves, beside a call that reads the kept result; and a reply in text.
 */
export function crashAgent(
  { witness, effect, bulk = 0, changes = false, vanishes = false, tainted = false }: AgentSetting,
  at: NonNullable<WitnessedSetting['at']>,
): Agent {
  const isLater = new Witness(witness).read().length > 0
  const isChanged = changes && isLater
  const changed = { limits: { steps: 1, toolCalls: 1, cost: 1 }, toolChoice: 'none', instructions: 'Do something else.' } as const
  const tools = { work: { effect }, second: { effect: 'read', bulk: 2_000, maxResultBytes: 256 }, pay: { effect: 'once', needsApproval: true } } as const
  if (vanishes) {
    const { work: _, ...others } = tools
    return witnessedAgent({ witness, replies: searching, tools: isLater ? others : tools, at, options: { name: 'crash', catalogue: 'always' } })
  }
  if (tainted) {
    const flows = { work: { effect, returns: 'untrusted' }, second: tools.second, pay: { effect: 'once', reaches: ['money'] } } as const
    const silent = { work: { effect }, second: tools.second, pay: { effect: 'once' } } as const
    return witnessedAgent({ witness, replies, tools: isLater ? silent : flows, at, options: { name: 'crash', guard: isLater ? 'off' : 'ask' } })
  }
  return witnessedAgent({ witness, replies, tools, at, bulk, price: isChanged ? 9_000_000 : 1_000_000, options: { name: 'crash', ...(isChanged && changed) } })
}

/** Where runs on an engine keep results that are too large for the model: beside the witness file of the run. */
export function artifactsFor({ witness }: Pick<AgentSetting, 'witness'>): ArtifactStore {
  return fileJournal(join(dirname(witness), 'values')).artifacts
}
