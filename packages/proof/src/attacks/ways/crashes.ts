import type { Tool } from '@capstan/core'
import { fileJournal } from '@capstan/durable'
import { dyingJournal, playInProcesses } from '../processes.ts'
import type { Stage } from '../stage.ts'
import { mustBe, playAlone, type Way } from './way.ts'

/** The process ends before the attacker acts, or while a person is asked. */
export const byCrash: readonly Way[] = [
  {
    name: 'a pause, continued from JSON',
    play: (stage) => playAlone(stage, [stage.read, { calls: [['work', {}]] }, ...stage.attack()], { tools: gatedTools(stage) }),
  },
  {
    name: 'a crash after reading',
    play: async (stage) => {
      const folder = await stage.folder()
      const make = () => stage.agent({ name: 'main', steps: [stage.read, stage.work, ...stage.attack()] })
      const die = () => {
        if (stage.world.of('request').length >= 2) throw new Error('The process is dead.')
      }
      await stage.talk(make, 'What is new?', { runId: 'run', journal: dyingJournal(folder, die) }).catch(() => undefined)
      mustBe(
        stage.world.of('reached').every(({ tool }) => tool !== stage.sink.tool),
        'the run ended before the attack',
      )
      await stage.talk(make, 'What is new?', { runId: 'run', journal: fileJournal(folder) })
    },
  },
  { name: 'kill -9, then another process', isSlow: true, play: (stage) => playInProcesses(stage) },
  {
    name: 'a journal, asked in another process',
    play: async (stage) => {
      const make = () => stage.agent({ name: 'main', steps: [stage.read, ...stage.attack()] })
      await stage.talk(make, 'What is new?', { runId: 'run', journal: fileJournal(await stage.folder()) })
    },
  },
]

function gatedTools(stage: Stage): Tool[] {
  return [stage.sourceTool(), stage.sinkTool(), { ...stage.workTool(), needsApproval: true }]
}
