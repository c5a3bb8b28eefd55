import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileSessions, Session } from 'capstan'
import { expect, onTestFinished, test } from 'vitest'
import { mention, type Posted, type Receiver, type Refusal, type StandIn, startStandIn } from './slack/stand-in.ts'
import { type BotProcess, startBot } from './testing/bot-process.ts'
import { type ChannelModel, startChannelModel } from './testing/channel-model.ts'

const signingSecret = 'fake-signing-secret'

interface Started {
  readonly slack: StandIn
  readonly model: ChannelModel
  readonly folder: string
  /** Starts a process on the same folder. */
  next(): Promise<{ readonly bot: BotProcess; readonly receiver: Receiver }>
}

interface Prepared {
  readonly isAwake?: () => boolean
  readonly refuse?: (message: Posted) => Refusal
  /** An MCP server in place of the status board. */
  readonly board?: string
}

async function prepare({ isAwake, refuse, board }: Prepared): Promise<Started> {
  const [slack, model] = [await startStandIn(refuse), await startChannelModel({}, isAwake)]
  const folder = await mkdtemp(join(tmpdir(), 'capstan-'))
  onTestFinished(async () => {
    slack.close()
    await model.close()
  })
  const env = {
    ...(board !== undefined && { STATUS_BOARD: board }),

    SLACK_SIGNING_SECRET: signingSecret,
    SLACK_BOT_TOKENS: 'T1team=fake-token',
    BOT_OWNERS: 'T1team/U2ann',
    SLACK_API_URL: slack.url,
    MODEL_URL: model.url,
    BOT_GRACE_MS: '300',
  }
  return {
    slack,
    model,
    folder,
    async next() {
      const bot = await startBot('run-webhook-bot', { ...env, BOT_FOLDER: folder })
      onTestFinished(async () => void (await bot.end('SIGKILL')))
      return { bot, receiver: { url: bot.address, signingSecret } }
    },
  }
}

test('events that were answered with 200 are not lost when the process is killed: the run continues, and what waits is read in order', async () => {
  let isAwake = false
  const { slack, model, next } = await prepare({ isAwake: () => isAwake })
  const first = await next()
  const stall = model.nextStall()
  expect((await mention(first.receiver, 'tell forever', { eventId: 'Ev1' })).status).toBe(200)
  await stall
  for (const index of [2, 3]) expect((await mention(first.receiver, `and what was said ${index}`, { eventId: `Ev${index}` })).status).toBe(200)
  expect((await mention(first.receiver, 'what was said', { eventId: 'Ev4', channel: 'C2other' })).status).toBe(200)
  await first.bot.end('SIGKILL')
  isAwake = true
  const second = await next()
  // Slack sends again what it thinks was not answered.
  for (const index of [1, 2, 3])
    await mention(second.receiver, ['tell forever', 'and what was said 2', 'and what was said 3'][index - 1] ?? '', { eventId: `Ev${index}` })
  await slack.reads(/said 3/)
  await mention(second.receiver, '!status')
  await slack.reads(/idle/)
  expect(slack.posted.filter(({ channel, text }) => channel === 'C1ops' && text.startsWith('[')).map(({ text }) => JSON.parse(text))).toEqual([
    ['U2ann: tell forever'],
    ['U2ann: tell forever', 'U2ann: and what was said 2', 'U2ann: and what was said 3'],
  ])
  expect(slack.posted.filter(({ channel }) => channel === 'C2other')).toHaveLength(1)
})

// One round is a kill; `BOT_KILLS=50` in the environment makes more.
const kills = Number(process.env['BOT_KILLS'] ?? 3)

test(`each event is in the conversation once, and answered, whenever the process is killed (${kills} times)`, async () => {
  const { slack, folder, next } = await prepare({})
  let running = await next()
  const ids = Array.from({ length: kills * 4 }, (_, index) => `Ev${index}x`)
  // As Slack does: until an event is answered with 200, it is sent again.
  async function deliver(eventId: string): Promise<void> {
    const answer = await mention(running.receiver, `what was said ${eventId}`, { eventId }).catch(() => undefined)
    if (answer?.ok) return
    await setTimeout(20)
    await deliver(eventId)
  }
  const delivering = (async () => {
    for (const eventId of ids) await deliver(eventId)
  })()
  for (let kill = 0; kill < kills; kill++) {
    await setTimeout(Math.random() * 300)
    await running.bot.end('SIGKILL')
    running = await next()
  }
  await delivering
  const session = await Session.open(fileSessions(join(folder, 'sessions')), 'slack/T1team/C1ops')
  const isIdle = async (): Promise<boolean> => (await session.refresh()).openRun === undefined && session.queued.length === 0
  await expect.poll(isIdle, { timeout: 30_000 }).toBe(true)
  const said = session.allMessages.flatMap(({ role, content }) => (role === 'user' ? [JSON.stringify(content)] : []))
  expect(said.map((text) => /Ev\d+x/.exec(text)?.[0])).toEqual(ids)
  // The last answer names everything that was said. One that was sent twice has the same key, and is told apart by nothing else.
  await expect.poll(() => slack.posted.some(({ text }) => text.includes(ids.at(-1) ?? '')), { timeout: 30_000 }).toBe(true)
  const texts = new Map(slack.posted.map(({ text, metadata }) => [metadata.event_payload.key, text]))
  expect(slack.posted.every(({ text, metadata }) => texts.get(metadata.event_payload.key) === text)).toBe(true)
  expect(slack.posted.some(({ text }) => text.includes('could not answer'))).toBe(false)
}, 600_000)

test('a process that is killed at once after the 200 has answered nothing, and the next one answers each event once', async () => {
  const { slack, next } = await prepare({})
  const first = await next()
  const events = Array.from({ length: 5 }, (_, index) => ({ eventId: `Ev${index}`, channel: `C${index}ops` }))
  const answers = await Promise.all(events.map((event) => mention(first.receiver, `what was said in ${event.channel}`, event)))
  await first.bot.end('SIGKILL')
  expect(answers.map(({ status }) => status)).toEqual(events.map(() => 200))
  await next()
  for (const { channel } of events) await expect.poll(() => slack.posted.filter((message) => message.channel === channel).length, { timeout: 20_000 }).toBe(1)
})

test('an answer that could not be sent is sent by the next process, without another run', async () => {
  let isLimited = true
  const { slack, model, next } = await prepare({ refuse: () => (isLimited ? { status: 429, headers: { 'retry-after': '60' } } : undefined) })
  const first = await next()
  await mention(first.receiver, 'what was said', { eventId: 'Ev1' })
  await model.simulator.waitForRequest(1)
  await mention(first.receiver, '!status')
  await first.bot.end('SIGKILL')
  isLimited = false
  await next()
  expect((await slack.reads(/what was said/)).metadata.event_payload.key).toBe('slack-T1team-Ev1#0')
  expect(model.simulator.requestCount).toBe(1)
})

test('a question that waits survives kill -9: it is not asked again, and its call runs once', async () => {
  const { slack, folder, next } = await prepare({})
  const first = await next()
  await mention(first.receiver, 'restart db-1')
  const [, id = ''] = /yes ([0-9a-f]+)/.exec((await slack.reads(/Write: yes/)).text) ?? []
  // What is sent after it shows that it is noted that the question was sent. Between the two a process that dies sends it again.
  await mention(first.receiver, '!status')
  await slack.reads(/I wait for an answer/)
  await first.bot.end('SIGKILL')
  const second = await next()
  await mention(second.receiver, '!status')
  await slack.reads(new RegExp(`I wait for an answer to ${id}`))
  await mention(second.receiver, `yes ${id}`)
  await second.bot.end('SIGKILL')
  // The decision was recorded before the 200, so the next process continues the run by itself.
  await next()
  const { text: outcome } = await slack.reads(/db-1 was restarted|Nobody knows/)
  expect(slack.posted.filter(({ text }) => text.includes('Write: yes'))).toHaveLength(1)
  const restarts = await readFile(join(folder, 'restarts.log'), 'utf8').catch(() => '')
  // The process may have died in the middle of the call: then nobody knows, and a person is asked.
  expect(outcome.includes('Nobody knows') ? ['', 'db-1\n'] : ['db-1\n']).toContain(restarts)
})

test('whether a restart was done that a crash interrupted is asked, and not tried again', async () => {
  const board = join(await mkdtemp(join(tmpdir(), 'capstan-')), 'board.mjs')
  // It restarts, and dies with the bot before it can say so.
  await writeFile(board, hangingBoard)
  const { slack, folder, next } = await prepare({ board })
  const first = await next()
  await mention(first.receiver, 'restart web')
  const [, id = ''] = /yes ([0-9a-f]+)/.exec((await slack.reads(/Write: yes/)).text) ?? []
  await mention(first.receiver, `yes ${id}`)
  await expect.poll(async () => await readFile(join(folder, 'restarts.log'), 'utf8').catch(() => ''), { timeout: 20_000 }).toBe('web\n')
  await first.bot.end('SIGKILL')
  const second = await next()
  const { text } = await slack.reads(/Nobody knows whether this call was done/)
  const [, unknown = ''] = /done ([0-9a-f]+)/.exec(text) ?? []
  await mention(second.receiver, `yes ${unknown}`)
  await slack.reads(/takes done or failed or again/)
  await mention(second.receiver, `done ${unknown} I looked: web is restarted.`)
  await slack.reads(/^I looked: web is restarted\.$/)
  expect(await readFile(join(folder, 'restarts.log'), 'utf8')).toBe('web\n')
})

const hangingBoard = `
import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
const inputSchema = { type: 'object', properties: { service: { type: 'string' } } }
const answers = {
  initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'board', version: '1' } },
  'tools/list': { tools: [{ name: 'service_status', inputSchema, annotations: { readOnlyHint: true } }, { name: 'restart_service', inputSchema }] },
}
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (params?.name === 'restart_service') return appendFileSync(process.argv[2], params.arguments.service + '\\n')
  const result = answers[method] ?? { content: [{ type: 'text', text: 'web: down' }] }
  const error = method === 'server/discover' ? { error: { code: -32601, message: 'unknown' } } : { result }
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...error }) + '\\n')
})
`

test('!stop stays when the process is killed, and SIGTERM leaves the answer to the next process', async () => {
  let isAwake = false
  const { slack, model, next } = await prepare({ isAwake: () => isAwake })
  const first = await next()
  const stalls = [model.nextStall()]
  await mention(first.receiver, 'tell forever')
  await stalls[0]
  await mention(first.receiver, '!stop')
  await first.bot.end('SIGKILL')
  const second = await next()
  await slack.reads(/Stopped\./)
  stalls.push(model.nextStall())
  await mention(second.receiver, 'tell forever, once more')
  await stalls[1]
  const ending = second.bot.end('SIGTERM')
  isAwake = true
  expect([await ending, second.bot.stderr()]).toEqual([0, ''])
  await next()
  expect(JSON.parse((await slack.reads(/once more/)).text)).toContain('U2ann: tell forever, once more')
}, 60_000)
