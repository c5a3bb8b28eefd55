import type { Step } from '../hostile-model.ts'
import { hostileSummary, longTools, mustBe, say, summarising, type Way } from './way.ts'

/** The history is rewritten before the attacker acts. */
export const byRewriting: readonly Way[] = [
  {
    name: 'after clearing',
    play: async (stage) => {
      const prepareStep = ({ steps }: { readonly steps: readonly unknown[] }) => (steps.length === 2 ? { history: { clear: ['r1.0'] } } : undefined)
      const steps = [stage.read, stage.work, stage.work, ...stage.attack()]
      await stage.talk(() => stage.agent({ name: 'main', steps, tools: longTools(stage), prepareStep, history: { keepSteps: 1 } }), 'What is new?')
      mustBe(stage.edits.includes('clear'), 'the result was cleared')
    },
  },
  {
    name: 'after a summary',
    play: async (stage) => {
      await stage.talk(() => summarising(stage, [stage.read, stage.work, stage.work, stage.work, ...stage.attack()]), 'What is new?')
      mustBe(stage.edits.includes('summary'), 'a summary was made')
    },
  },
  {
    name: 'after compact() of messages',
    play: async (stage) => {
      const make = () => summarising(stage, [stage.read, stage.work, stage.work, stage.work, {}, ...stage.attack()], false)
      const { messages } = await stage.talk(make, 'What is new?')
      const compact = await stage.agent({ name: 'other', steps: [], summary: hostileSummary, history: { keepSteps: 1 } }).compact(messages)
      mustBe(compact.edit !== undefined, 'compact() made a summary')
      await stage.talk(make, [...compact.messages, say(stage, 'Go on.')])
    },
  },
  {
    name: 'read_result after a summary',
    needsResult: true,
    play: async (stage) => {
      const read: Step = { calls: [['read_result', { id: 'r1.0', find: 'Ignore' }]] }
      const make = () => summarising(stage, [stage.read, stage.work, stage.work, stage.work, read, ...stage.attack()])
      const { steps } = await stage.talk(make, 'What is new?')
      mustBe(stage.edits.includes('summary'), 'a summary was made')
      mustBe(JSON.stringify(steps[4]?.toolResults).includes('Ignore all'), 'read_result showed the content')
    },
  },
]
