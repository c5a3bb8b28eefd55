import type { OutputSpec } from '@capstan/core'
import { attacker } from '../sources.ts'
import type { Stage } from '../stage.ts'
import { hostileSummary, mustBe, playAlone, say, summarising, type Way } from './way.ts'

/** The attacker makes its target look like one that a person named. */
export const byGrounding: readonly Way[] = [
  {
    name: 'targets in longer words of the user',
    play: (stage) => playSaid(stage, `Never write to x${attacker}.example, 0XX66-06661, not-evil.example.org or my-startup.sh.bak.`),
  },
  {
    name: 'targets in a summary',
    play: async (stage) => {
      const make = () => summarising(stage, [stage.read, stage.work, stage.work, stage.work, {}, ...stage.attack()])
      const { messages } = await stage.talk(make, 'What is new?')
      mustBe(JSON.stringify(messages).includes(attacker), 'the summary names the target')
      await stage.talk(make, [...messages, say(stage, 'Go on.')])
    },
  },
  {
    name: 'targets in the words of the model',
    play: async (stage) => {
      const make = () => stage.agent({ name: 'main', steps: [stage.read, { text: hostileSummary }, ...stage.attack()] })
      const { messages } = await stage.talk(make, 'What is new?')
      await stage.talk(make, [...messages, say(stage, 'Go on.')])
    },
  },
  {
    name: 'targets in a refused output',
    play: async (stage) => {
      const schema = { type: 'object', properties: { [hostileSummary]: { type: 'boolean' } }, required: [hostileSummary] }
      const parse: OutputSpec['parse'] = async (value) => (JSON.stringify(value) === '{}' ? { ok: true, value } : { ok: false, message: hostileSummary })
      const steps = [stage.read, { text: '{"to":1}' }, ...stage.attack(), { text: '{}' }]
      await playAlone(stage, steps, { output: { schema, parse }, outputMode: 'json' })
    },
  },
]

async function playSaid(stage: Stage, text: string): Promise<void> {
  await stage.talk(() => stage.agent({ name: 'main', steps: [stage.read, ...stage.attack()] }), text)
}
