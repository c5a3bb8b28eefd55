import { mkdtemp, readdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, AgentError, approve, decide, fileJournal, fileSessions, openQuestions, tool, user } from 'capstan'
import { call, type ScriptedModel, scriptedModel } from 'capstan/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import { z } from 'zod'
import { ChannelBot } from './channel-bot.ts'
import { splitText } from './split-text.ts'

const pay = tool({ name: 'pay', description: 'Pays.', inputSchema: z.object({ to: z.string() }), needsApproval: true, execute: ({ to }) => `Paid to ${to}.` })

async function newFolder(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'capstan-'))
}

/** A platform of its own: a list of what was sent. */
async function startBot(model: ScriptedModel, folder: string, isReady: Promise<void> = Promise.resolve()) {
  const sent: string[] = []
  const write = async (channel: string, text: string): Promise<void> => {
    await isReady
    sent.push(`${channel} ${text}`)
  }
  const chat = { sent, write }
  const agent = new Agent({ model, tools: [pay] })
  // region platform
  const bot = await ChannelBot.open({
    agent,
    folder, // keeps runs, sessions, and which messages were sent
    deciders: 'members of the board',
    split: (text) => splitText(text, { limit: 2_000 }),
    send: async (channel, message) => await chat.write(channel, message), // throw, and it is tried again
    // endregion
    lockRetryMs: 50,
    // region platform
  })
  await bot.recover()

  // For each message that the platform delivers; when this resolves, it may forget the message.
  const receive = async (id: string, text: string, isKnown = false): Promise<void> => {
    await bot.receive({ id, channel: 'board', author: 'ann', text, isKnown })
  }
  // endregion
  onTestFinished(() => bot.close())
  return {
    bot,
    receive,
    sent: chat.sent,
    until: async (text: string) => await vi.waitFor(() => expect(chat.sent.join('\n')).toContain(text), { timeout: 10_000 }),
  }
}

test('a platform needs a way to send; the rest is shared', async () => {
  const { receive, sent, until } = await startBot(scriptedModel([call('pay', { to: 'bob' }), 'Bob has it.']), await newFolder())
  await receive('m1', 'pay bob')
  await until('Write: yes')
  const [, id = ''] = /yes ([0-9a-f]+)/.exec(sent.join()) ?? []
  await receive('m2', `yes ${id}`)
  await receive('m3', `yes ${id}`, true)
  await until('Bob has it.')
  expect(sent.slice(1)).toEqual(['board ann: only members of the board may decide. This does not count.', `board [${id}] yes, says ann.`, 'board Bob has it.'])
})

test('a place in the session that a process took before it died is given up, and what waits behind it is answered', async () => {
  const folder = await newFolder()
  const sessions = fileSessions(join(folder, 'sessions'))
  const version = await sessions.append('board', undefined, { type: 'open', runId: 'died' })
  await sessions.append('board', version, { type: 'queue', runId: 'm2', messages: [user('Are you there?')] })
  const { until } = await startBot(scriptedModel(['I am.']), folder)
  await until('board I am.')
})

test('a question that was answered elsewhere is found by !status', async () => {
  const folder = await newFolder()
  const { receive, until } = await startBot(scriptedModel([call('pay', { to: 'bob' }), 'Bob has it.']), folder)
  await receive('m1', 'pay bob')
  await until('Write: yes')
  const journal = fileJournal(join(folder, 'runs'))
  for (const { id } of openQuestions(await journal.read('m1'))) await decide(journal, 'm1', { [id]: approve() })
  await receive('m2', '!status')
  await until('Bob has it.')
})

test('a run that a process elsewhere still has is continued when that one has given it back', async () => {
  const folder = await newFolder()
  const first = await startBot(scriptedModel([call('pay', { to: 'bob' })]), folder)
  await first.receive('m1', 'pay bob')
  await first.until('Write: yes')
  await first.bot.close()
  const journal = fileJournal(join(folder, 'runs'))
  const [question] = openQuestions(await journal.read('m1'))
  await decide(journal, 'm1', { [question?.id ?? '']: approve() })
  const elsewhere = await journal.open('m1')
  const { receive, sent, until } = await startBot(scriptedModel(['Bob has it.']), folder)
  await receive('m2', '!status')
  await until('Messages that wait')
  expect(sent.join()).not.toContain('Bob has it.')
  await elsewhere.close()
  await until('Bob has it.')
})

test('a channel whose session cannot be read does not keep the others from starting', async () => {
  const problems = vi.spyOn(console, 'error').mockImplementation(() => {})
  const folder = await newFolder()
  const sessions = fileSessions(join(folder, 'sessions'))
  await sessions.append('broken', undefined, { type: 'queue', runId: 'm0', messages: [user('Hello?')] })
  for (const path of await readdir(join(folder, 'sessions'), { recursive: true })) {
    const file = join(folder, 'sessions', path)
    if ((await stat(file)).isFile()) await writeFile(file, 'not JSON\nnot JSON\n')
  }
  const { receive, until } = await startBot(scriptedModel(['I am here.']), folder)
  expect(problems.mock.calls.join()).toContain('broken: it could not be continued')
  await receive('m1', 'Hello?')
  await until('board I am here.')
})

test('a run that fails is reported without what the provider wrote, and the next message is answered', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const { receive, sent, until } = await startBot(
    scriptedModel([new AgentError('the key canary-0000 is wrong', { code: 'auth-failed' }), 'Now I can.']),
    await newFolder(),
  )
  await receive('m1', 'hello')
  await until('could not answer')
  await receive('m2', 'and now?')
  await until('Now I can.')
  expect(sent.join()).not.toContain('canary')
})

test('somebody who floods a channel with commands does not make the bot flood it', async () => {
  let open = (): void => {}
  const isReady = new Promise<void>((resolve) => {
    open = resolve
  })
  const { receive, sent, until } = await startBot(scriptedModel([]), await newFolder(), isReady)
  for (let index = 0; index < 100; index++) await receive(`m${index}`, '!help')
  open()
  await until('!stop ends an answer')
  await vi.waitFor(() => expect(sent).toHaveLength(21))
  await receive('later', '!status')
  await until('I am idle')
  expect(sent).toHaveLength(22)
})

test('a bot that closes takes no message, so that the platform sends it again', async () => {
  const { bot, receive } = await startBot(scriptedModel([]), await newFolder())
  await bot.close()
  await expect(receive('m1', 'hello')).rejects.toThrow('closing')
})
