import { mkdtemp, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { evolink, fileSessions, Session } from 'capstan'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { sign } from './slack/signature.ts'
import { mention, type Posted, type Receiver, type Refusal, type StandIn, sendSigned, startStandIn } from './slack/stand-in.ts'
import { type OpsTeam, opsTeam } from './team/ops-team.ts'
import { type ChannelModel, startChannelModel } from './testing/channel-model.ts'
import { startWebhookBot } from './webhook-bot.ts'

const signingSecret = 'fake-signing-secret'
const url = 'https://example.org/a?b=1&c=2'
const long = Array.from({ length: 900 }, (_, index) => `line ${index} <&>`).join('\n')
const sayings = { mentions: `<!channel> <@U9> & ${url}`, long }

interface Started {
  readonly slack: StandIn
  readonly receiver: Receiver
  readonly folder: string
}

describe('the webhook bot', () => {
  let model: ChannelModel
  let team: OpsTeam
  let folder: string

  beforeAll(async () => {
    model = await startChannelModel(sayings)
    folder = await mkdtemp(join(tmpdir(), 'capstan-'))
    const history = { summariseAt: 600, keepSteps: 1 }
    const server = fileURLToPath(new URL('../dist/bots/team/status-board.js', import.meta.url))
    team = await opsTeam({ model: evolink('kimi-k2-thinking', { baseURL: model.url, apiKey: 'none' }), log: join(folder, 'restarts.log'), history, server })
  })
  afterAll(async () => {
    await team.close()
    await model.close()
  })

  async function start(refuse?: (message: Posted) => Refusal): Promise<Started> {
    const slack = await startStandIn(refuse)
    const own = await mkdtemp(join(tmpdir(), 'capstan-'))
    const api = { url: slack.url, tokens: { T1team: 'fake-token-1', T2team: 'fake-token-2' } }
    const bot = await startWebhookBot({ agent: team.agent, folder: own, signingSecret, api, owners: ['T1team/U2ann'] })
    onTestFinished(async () => {
      await bot.close()
      slack.close()
    })
    return { slack, receiver: { url: bot.url, signingSecret }, folder: own }
  }

  test('requests that Slack did not sign, or signed more than five minutes ago or ahead, are refused and do nothing', async () => {
    const { receiver, slack } = await start()
    const before = model.simulator.requestCount
    const body = '{"type":"url_verification","challenge":"c"}'
    const at = (seconds: number): Record<string, string> => {
      const timestamp = String(Math.floor(Date.now() / 1_000) + seconds)
      return { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': sign(signingSecret, timestamp, body) }
    }
    const answers = [
      await sendSigned(receiver, body, at(-290)),
      await sendSigned(receiver, body, at(290)),
      await sendSigned(receiver, body, at(-310)),
      await sendSigned(receiver, body, at(310)),
      await sendSigned(receiver, body, { 'x-slack-request-timestamp': String(Math.floor(Date.now() / 1_000) + 1) }),
      await sendSigned({ ...receiver, signingSecret: 'fake-other' }, body),
      await sendSigned(receiver, body, { 'x-slack-signature': '' }),
      await mention({ ...receiver, signingSecret: 'fake-other' }, 'restart db-1'),
      await fetch(receiver.url, { method: 'POST', body }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 401, 401, 401, 401, 401, 401, 401])
    // The bytes count, not the JSON.
    const timestamp = at(0)['x-slack-request-timestamp'] ?? ''
    const respaced = body.replace(':', ': ')
    const signed = { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': sign(signingSecret, timestamp, body) }
    expect((await fetch(receiver.url, { method: 'POST', headers: signed, body: respaced })).status).toBe(401)
    expect([slack.posted.length, model.simulator.requestCount - before]).toEqual([0, 0])
  })

  test('Slack can verify the address; other paths, methods, large bodies and text that is not JSON are refused', async () => {
    const { receiver } = await start()
    expect(await (await sendSigned(receiver, '{"type":"url_verification","challenge":"3eZbrw1a"}')).text()).toBe('3eZbrw1a')
    const statuses = [
      await sendSigned(receiver, 'x'.repeat(1_000_001)),
      await sendSigned(receiver, '{'),
      await sendSigned(receiver, 'null'),
      await fetch(receiver.url),
      await fetch(receiver.url.replace('events', 'other'), { method: 'POST', body: '{}' }),
    ]
    expect(statuses.map(({ status }) => status)).toEqual([413, 400, 400, 404, 404])
  })

  test('headers that come twice do not pass', async () => {
    const { receiver } = await start()
    const { port, hostname } = new URL(receiver.url)
    const body = '{"type":"url_verification","challenge":"c"}'
    const timestamp = String(Math.floor(Date.now() / 1_000))
    const twice = `x-slack-signature: ${sign(signingSecret, timestamp, body)}\r\n`.repeat(2)
    const socket = connect(Number(port), hostname)
    socket.end(
      `POST /slack/events HTTP/1.1\r\nhost: h\r\nconnection: close\r\nx-slack-request-timestamp: ${timestamp}\r\n${twice}content-length: ${body.length}\r\n\r\n${body}`,
    )
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 401/)
  })

  test('an event that is delivered again, also while its answer is made, gives one run and one answer', async () => {
    const { receiver, slack } = await start()
    const before = model.simulator.requestCount
    const deliver = (retry: number) =>
      mention(receiver, 'what was said', { eventId: 'Ev1once', headers: { 'x-slack-retry-num': `${retry}`, 'x-slack-retry-reason': 'http_timeout' } })
    const answers = await Promise.all([0, 1, 2].map(deliver))
    await slack.reads(/what was said/)
    answers.push(await deliver(3))
    await mention(receiver, '!status')
    await slack.reads(/idle/)
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(slack.posted.map(({ text: posted }) => posted.slice(0, 20))).toEqual(['["U2ann: what was sa', 'I am idle. Messages '])
    expect(model.simulator.requestCount - before).toBe(1)
  })

  test('its own messages, those of bots, edits, and what is not for it are not answered', async () => {
    const { receiver, slack } = await start()
    const before = model.simulator.requestCount
    const ignored = [
      { user: 'U1bot' },
      { bot_id: 'B1' },
      { subtype: 'bot_message', bot_id: 'B1', user: undefined },
      { edited: { user: 'U2ann', ts: '1' } },
      { type: 'message', subtype: 'message_changed' },
      { type: 'message', subtype: 'message_deleted', channel_type: 'im' },
      { type: 'message', channel_type: 'channel' },
      { type: 'reaction_added' },
      { channel: '../../C1' },
      { user: 'U 2' },
      { thread_ts: '1/2' },
    ]
    for (const event of ignored) expect((await mention(receiver, 'what was said', { event })).status).toBe(200)
    expect((await mention(receiver, 'what was said', { team: 'T9other' })).status).toBe(200)
    expect((await mention(receiver, 'what was said', { eventId: '../Ev1' })).status).toBe(200)
    await mention(receiver, 'I am <b>here</b> &amp; <https://example.org|there>, what was said?', {
      event: { type: 'message', channel_type: 'im', channel: 'D1' },
    })
    expect((await slack.reads(/./)).channel).toBe('D1')
    expect(model.simulator.requestCount - before).toBe(1)
  })

  test('two workspaces, two channels and a thread are conversations of their own, each with the token of its workspace', async () => {
    const { receiver, slack } = await start()
    const places = [{ team: 'T1team' }, { team: 'T2team' }, { channel: 'C2other' }, { event: { thread_ts: '1700000000.000100' } }]
    for (const [index, place] of places.entries()) await mention(receiver, `this is place ${index}`, place)
    for (const [index, place] of places.entries()) {
      await mention(receiver, 'what was said', place)
      const { text: said } = await slack.reads(/^\["U2ann: this is place/)
      expect(said).toBe(`["U2ann: this is place ${index}","U2ann: what was said"]`)
    }
    const answers = slack.posted.filter(({ text: said }) => said.startsWith('['))
    expect(answers.map(({ channel, thread_ts: thread, headers }) => [channel, thread, headers.authorization])).toEqual([
      ['C1ops', undefined, 'Bearer fake-token-1'],
      ['C1ops', undefined, 'Bearer fake-token-2'],
      ['C2other', undefined, 'Bearer fake-token-1'],
      ['C1ops', '1700000000.000100', 'Bearer fake-token-1'],
    ])
  })

  test('only an owner of the same workspace decides, in the channel of the question; a decision that comes again changes nothing', async () => {
    const { receiver, slack } = await start()
    await mention(receiver, 'restart web', { user: 'U3bob' })
    const { text: question } = await slack.reads(/Write: yes/)
    const [, id = ''] = /yes ([0-9a-f]+)/.exec(question) ?? []
    expect(question).toContain('"board__restart_service", called by the agent "operator"')
    expect(question).toContain('input: {"service":"web"}')
    // Bob is a stranger, so his words count as untrusted; those of an owner are the caller's own.
    expect(question).toContain('"/service" comes from: untrusted')
    await mention(receiver, `yes ${id}`, { user: 'U3bob' })
    await slack.reads(/U3bob: only owners/)
    await mention(receiver, `yes ${id}`, { team: 'T2team' })
    await slack.reads(/only owners/)
    await mention(receiver, `yes ${id}`, { channel: 'C2other' })
    await slack.reads(/no open question/)
    for (let delivery = 0; delivery < 3; delivery++) await mention(receiver, `yes ${id}`, { eventId: 'Ev1yes' })
    await slack.reads(/web was restarted/)
    expect(slack.posted.filter(({ text: said }) => said.includes('yes, says U2ann'))).toHaveLength(1)
    await mention(receiver, 'restart mail', { channel: 'C3own' })
    expect((await slack.reads(/Write: yes/)).text).toContain('"/service" comes from: user')
    expect(await readFile(join(folder, 'restarts.log'), 'utf8')).toBe('web\n')
  })

  test('a rate limit is waited for, and the order stays; an error that cannot pass is not tried again', async () => {
    const refusals: Refusal[] = [{ status: 429, headers: { 'retry-after': '0' } }, { status: 500 }, { status: 200, body: { ok: false, error: 'ratelimited' } }]
    const tries: string[] = []
    const { receiver, slack } = await start(({ channel }) => {
      tries.push(channel)
      return channel === 'C9gone' ? { status: 200, body: { ok: false, error: 'channel_not_found' } } : refusals.shift()
    })
    await mention(receiver, '!help')
    await mention(receiver, '!status')
    await mention(receiver, '!help', { channel: 'C9gone' })
    await slack.reads(/idle/)
    expect(slack.posted.map(({ text: said }) => said.slice(0, 8))).toEqual(['Write to', 'I am idl'])
    expect(tries.filter((channel) => channel === 'C9gone')).toHaveLength(1)
    expect(tries.filter((channel) => channel === 'C1ops')).toHaveLength(5)
  })

  test('a long answer comes in parts, and what a model wrote mentions nobody', async () => {
    const { receiver, slack } = await start()
    await mention(receiver, 'say long')
    await slack.reads(/line 899/)
    const parts = slack.posted.map(({ text: said }) => said)
    expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(4_000)
    expect(parts.join('\n').replaceAll('&lt;&amp;&gt;', '<&>')).toBe(long)
    await mention(receiver, 'say mentions')
    expect((await slack.reads(/channel/)).text).toBe(`&lt;!channel&gt; &lt;@U9&gt; &amp; ${url.replace('&', '&amp;')}`)
  })

  test('a long channel is shortened: what is sent stays small, and the session keeps everything', async () => {
    const { receiver, slack, folder: own } = await start()
    for (let index = 0; index < 12; index++) {
      await mention(receiver, `message ${index}: is db-1 up? ${'It matters a lot to all of us. '.repeat(10)}`)
      await slack.reads(/db-1: /)
    }
    await mention(receiver, '!status')
    const { text: status } = await slack.reads(/idle/)
    const [, sent, all] = /conversation: (\d+), (\d+) before/.exec(status) ?? []
    expect(Number(sent)).toBeLessThan(Number(all) / 2)
    const session = await Session.open(fileSessions(join(own, 'sessions')), 'slack/T1team/C1ops')
    expect(session.allMessages.filter(({ role }) => role === 'user').length).toBeGreaterThanOrEqual(12)
  })
})
