import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fileJournal } from '@capstan/durable'
import type { Stage } from './stage.ts'

// The built file, also where this module runs from its source.
const child = fileURLToPath(new URL('../../dist/attacks/child.js', import.meta.url))

/** What a process of an attack is told, as JSON. */
export interface ProcessSetting {
  readonly plan: string
  readonly guard?: string
  readonly isFirst: boolean
}

/** A journal whose process may die before it records something: `die` ends it, or throws. */
export function dyingJournal(folder: string, die: () => void): ReturnType<typeof fileJournal> {
  const journal = fileJournal(folder)
  return {
    ...journal,
    async open(runId, head) {
      const run = await journal.open(runId, head)
      const append: typeof run.append = async (records, isDurable) => {
        die()
        await run.append(records, isDurable)
      }
      return { ...run, append, readDecisions: () => run.readDecisions(), close: () => run.close() }
    },
  }
}

/** Plays an attack in two processes. The first is killed after the content was read and recorded; the second has only its journal. */
export async function playInProcesses(stage: Stage): Promise<void> {
  const signals: unknown[] = []
  for (const isFirst of [true, false]) {
    const setting: ProcessSetting = { plan: stage.plan, isFirst, ...(typeof stage.guard === 'string' && { guard: stage.guard }) }
    const started = spawn(process.execPath, [child, JSON.stringify(setting)], { cwd: await stage.folder(), stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (chunk) => stage.logged.push(String(chunk)))
    const [code, signal] = await once(started, 'close')
    signals.push(code ?? signal)
  }
  if (String(signals) !== 'SIGKILL,0') throw new Error(`The processes ended with ${String(signals)}: ${stage.logged.join('')}`)
  stage.world.readFrom(join(await stage.folder(), 'world'))
  stage.said.push(question)
}

const question = 'What is new?'

/** The part of one process: in its current folder are the journal and the world. */
export async function playPart(stage: Stage, isFirst: boolean): Promise<void> {
  const die = () => {
    if (isFirst && stage.world.of('request').length >= 2) process.kill(process.pid, 'SIGKILL')
  }
  const make = () => stage.agent({ name: 'main', steps: [stage.read, stage.work, ...stage.attack()] })
  await stage.talk(make, question, { runId: 'run', journal: dyingJournal('runs', die) })
}
