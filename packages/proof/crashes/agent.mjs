// The agent of the crash tests: three steps, a tool of the effect under test beside a second one, then a payment that a person approves.
import { witnessedAgent } from '@capstan/test-kit'

/** @typedef {{ oracle: string, effect: 'read' | 'idempotent' | 'once', bulk?: number, at?: (position: string) => void | Promise<void> }} Setting */

const replies = [
  {
    text: 'First.',
    calls: [
      ['work', { n: 1 }],
      ['second', { n: 2 }],
    ],
  },
  { calls: [['pay', { amount: 5 }]] },
  { text: 'All is done.' },
]

/** @param {Setting} setting */
export function crashAgent({ oracle, effect, bulk, at }) {
  const tools = { work: { effect }, second: { effect: 'read' }, pay: { effect: 'once', needsApproval: true } }
  return witnessedAgent({ witness: oracle, replies, tools, at, bulk, options: { name: 'crash' } })
}
