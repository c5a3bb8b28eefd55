import { type Message, repairMessages, Session } from '@capstan/core'
import { fileSessions } from '@capstan/durable'
import type { Step } from '../hostile-model.ts'
import type { Cast, Stage } from '../stage.ts'
import { mustBe, say, summarising, type Way } from './way.ts'

/** The attacker acts in a later run. */
export const byRuns: readonly Way[] = [
  { name: 'result.messages', play: (stage) => playLater(stage, (messages) => messages) },
  { name: 'result.messages as JSON', play: (stage) => playLater(stage, (messages) => JSON.parse(JSON.stringify(messages))) },
  { name: 'repairMessages()', play: (stage) => playLater(stage, (messages) => repairMessages([...messages]).messages) },
  {
    name: 'messages without labels',
    needsResult: true,
    // As of a conversation that was kept before the tool declared what it returns.
    play: (stage) => playLater(stage, (messages) => JSON.parse(JSON.stringify(messages), (key, value) => (key === 'labels' ? undefined : value))),
  },
  {
    name: 'read while the guard was off',
    play: (stage) => playOther(stage, { guard: 'off' }),
  },
  {
    name: 'read by an agent that reaches nothing',
    play: (stage) => playOther(stage, { tools: [stage.sourceTool()] }),
  },
  {
    name: 'the messages of an abort',
    play: async (stage) => {
      const aborter = new AbortController()
      const abort: Step = () => {
        aborter.abort()
        return {}
      }
      const make = () => stage.agent({ name: 'main', steps: [stage.read, abort, ...stage.attack()] })
      const error = await stage.talk(make, 'What is new?', { signal: aborter.signal }).catch((thrown) => thrown)
      mustBe(error.result?.messages.length > 1, 'the abort kept messages')
      await stage.talk(make, [...error.result.messages, say(stage, 'Go on.')])
    },
  },
  {
    name: 'the next run of a session',
    play: async (stage) => {
      const store = fileSessions(await stage.folder())
      const make = () => stage.agent({ name: 'main', steps: [stage.read, {}, ...stage.attack()] })
      await stage.talk(make, 'What is new?', { session: await Session.open(store, 'chat') })
      await stage.talk(make, 'Go on.', { session: await Session.open(fileSessions(await stage.folder()), 'chat') })
    },
  },
  {
    name: 'a session with a summary',
    play: async (stage) => {
      const make = () => summarising(stage, [stage.read, stage.work, stage.work, stage.work, {}, ...stage.attack()])
      await stage.talk(make, 'What is new?', { session: await Session.open(fileSessions(await stage.folder()), 'chat') })
      mustBe(stage.edits.includes('summary'), 'a summary was made')
      await stage.talk(make, 'Go on.', { session: await Session.open(fileSessions(await stage.folder()), 'chat') })
    },
  },
  {
    name: 'a copy of a session',
    play: async (stage) => {
      const make = () => stage.agent({ name: 'main', steps: [stage.read, {}, ...stage.attack()] })
      const session = await Session.open(fileSessions(await stage.folder()), 'chat')
      await stage.talk(make, 'What is new?', { session })
      await stage.talk(make, 'Go on.', { session: await session.fork('copy') })
    },
  },
  {
    name: 'messages added to a session',
    play: async (stage) => {
      const make = () => stage.agent({ name: 'main', steps: [stage.read, {}, ...stage.attack()] })
      const { messages } = await stage.talk(make, 'What is new?')
      const session = await Session.open(fileSessions(await stage.folder()), 'chat')
      await session.append(messages)
      await stage.talk(make, 'Go on.', { session: await Session.open(fileSessions(await stage.folder()), 'chat') })
    },
  },
]

async function playLater(stage: Stage, transform: (messages: readonly Message[]) => readonly Message[]): Promise<void> {
  const make = () => stage.agent({ name: 'main', steps: [stage.read, {}, ...stage.attack()] })
  const { messages } = await stage.talk(make, 'What is new?')
  await stage.talk(make, [...transform(messages), say(stage, 'Go on.')])
}

/** Another agent reads. Its messages are the input of the one that acts. */
async function playOther(stage: Stage, options: Partial<Cast>): Promise<void> {
  const { messages } = await stage.talk(() => stage.agent({ name: 'other', steps: [stage.read], ...options }), 'What is new?')
  await stage.talk(() => stage.agent({ name: 'main', steps: stage.attack() }), [...messages, say(stage, 'Go on.')])
}
