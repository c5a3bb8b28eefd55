import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { hasNgircd, type LocalServer, startNgircd } from './irc/local-ngircd.ts'
import { codeAt } from './irc/one-time-codes.ts'
import { Person } from './irc/person.ts'
import { type BotProcess, startBot } from './testing/bot-process.ts'
import { type ChannelModel, startChannelModel } from './testing/channel-model.ts'

const family = '👩‍👩‍👧‍👦'
const longText = Array.from({ length: 90 }, (_, index) => `${index}:${'ß'.repeat(index % 7)}漢${family}`).join(' ')
const sayings = { commands: 'fine\r\nQUIT :bye\r\nJOIN #evil\n\u0001DCC SEND x\u0001\n\u000304red\u0000', long: longText }

interface Started {
  readonly bot: BotProcess
  readonly folder: string
  /** A code that was not used yet. */
  code(): Promise<string>
}

describe.skipIf(!hasNgircd())('the IRC bot on ngircd (Debian: ngircd)', () => {
  let server: LocalServer
  let model: ChannelModel
  let shared: BotProcess
  let isAwake = false

  beforeAll(async () => {
    server = await startNgircd()
    model = await startChannelModel(sayings, () => isAwake)
    shared = (await launch('#one,#Two,#stop,#lines,#flood', {})).bot
  })
  afterAll(async () => {
    await shared.end('SIGKILL')
    await model.close()
    await server.stop()
  })

  async function start(channels: string, env: Readonly<Record<string, string>> = {}): Promise<Started> {
    const started = await launch(channels, env)
    onTestFinished(async () => void (await started.bot.end('SIGKILL')))
    return started
  }

  async function launch(channels: string, env: Readonly<Record<string, string>>): Promise<Started> {
    const folder = env['BOT_FOLDER'] ?? (await mkdtemp(join(tmpdir(), 'capstan-')))
    const nick = { IRC_NICK: `bot${Math.random().toString(36).slice(2, 7)}` }
    const bot = await startBot('run-irc-bot', {
      IRC_SERVER: `127.0.0.1:${server.port}`,
      IRC_CHANNELS: channels,
      MODEL_URL: model.url,
      BOT_FOLDER: folder,
      ...nick,
      ...env,
    })
    let step = 0
    return {
      bot,
      folder,
      async code() {
        // The codes of the half minutes before, now and after this one count, each once.
        step = Math.max(step + 1, Math.floor(Date.now() / 30_000) - 1)
        return codeAt((await readFile(join(folder, 'owner-secret'), 'utf8')).trim(), step)
      },
    }
  }

  async function person(nick: string, channel: string, port = server.port): Promise<Person> {
    const who = await Person.join(port, nick, channel)
    onTestFinished(() => who.leave())
    return who
  }

  /** The bot answers to its name; `!status` says that it is there. */
  async function greeted(who: Person, channel: string): Promise<string> {
    const here = who.lines.find((line) => / 353 .*\bbot\w+/.test(line)) ?? (await who.reads(/:bot\w+!\S+ JOIN/))
    who.say(channel, '!status')
    await who.reads(/I am idle/)
    return /\b(bot\w+)/.exec(here)?.[1] ?? ''
  }

  test('two channels are two conversations, and only what is addressed to the bot is read', async () => {
    const [ann, bob] = await Promise.all([person('ann', '#one,#two'), person('bob', '#two')])
    const name = await greeted(ann, '#one')
    const before = model.simulator.requestCount
    ann.say('#one', 'this is not for you')
    ann.send(`NOTICE #one :${name}: nor is this`)
    ann.say(name, 'nor what is said in private')
    ann.say('#one', `${name}: the word of one is apple; what was said?`)
    bob.say('#TWO', `${name.toUpperCase()}, the word of two is \u000304pear\u0003; what was said?`)
    expect(await bob.reads(/PRIVMSG #two :\[/i)).toMatch(/:\["bob: the word of two is pear; what was said\?"\]$/)
    expect(await ann.reads(/PRIVMSG #one :\[/)).toMatch(/:\["ann: the word of one is apple; what was said\?"\]$/)
    expect(model.simulator.requestCount - before).toBe(2)
  })

  test('a person without a code, with a wrong one or with a used one decides nothing; a call that was approved runs once', async () => {
    const { folder, code } = await start('#deny')
    const [ann, mallory] = await Promise.all([person('ann2', '#deny'), person('mallory', '#deny')])
    const name = await greeted(ann, '#deny')
    ann.say('#deny', `${name}: restart web`)
    expect(await ann.reads(/May this call run/)).toContain('"board__restart_service", called by the agent "operator"')
    expect(await ann.reads(/input: /)).toMatch(/input: \{"service":"web"\}$/)
    const [, id = ''] = /yes ([0-9a-f]+)/.exec(await ann.reads(/Write: yes/)) ?? []
    for (const text of [`yes ${id}`, `no ${id} never`, `yes ${id} 000000`, `yes ${id} 12345`]) {
      mallory.say('#deny', text)
      expect(await mallory.reads(/PRIVMSG #deny :mallory: /)).toMatch(/only owners .* may decide/)
    }
    const used = await code()
    ann.say('#deny', `no ${id} ${used} we are open`)
    await ann.reads(/denied a call of this tool|was denied|denied/i)
    mallory.say('#deny', `${name}: restart web`)
    const [, next = ''] = /yes ([0-9a-f]+)/.exec(await ann.reads(/Write: yes/)) ?? []
    mallory.say('#deny', `yes ${next} ${used}`)
    expect(await ann.reads(/may decide/)).toContain('mallory: only')
    ann.say('#deny', `YES ${next} ${await code()}`)
    await ann.reads(/web was restarted/)
    ann.say('#deny', `yes ${next} ${await code()}`)
    await ann.reads(/no open question/)
    expect(await readFile(join(folder, 'restarts.log'), 'utf8')).toBe('web\n')
  })

  test('!stop ends an answer that never ends, and the next question is answered', async () => {
    const ann = await person('ann3', '#stop')
    const name = await greeted(ann, '#stop')
    ann.say('#stop', '!stop')
    await ann.reads(/Nothing to stop/)
    const stall = model.nextStall()
    ann.say('#stop', `${name}: tell forever`)
    await stall
    ann.say('#stop', '!status')
    await ann.reads(/I am at work/)
    ann.say('#stop', '!stop')
    await ann.reads(/Stopping\./)
    await ann.reads(/Stopped\./)
    ann.say('#stop', `${name}: is mail up?`)
    expect(await ann.reads(/mail: /)).toMatch(/:mail: up, 3 messages wait$/)
  })

  test('line breaks of a model are not commands, and a long text arrives completely in lines of 350 bytes', async () => {
    const ann = await person('ann4', '#lines,#evil')
    const name = await greeted(ann, '#lines')
    ann.say('#lines', `${name}: say commands`)
    const shown: string[] = []
    for (const line of ['fine', 'QUIT :bye', 'JOIN #evil', 'DCC SEND x', 'red'])
      shown.push(await ann.reads(new RegExp(`^:${name}!\\S+ PRIVMSG #lines :?${line}$`)))
    expect(shown).toHaveLength(5)
    ann.say('#lines', `${name}: say long`)
    await ann.reads(/[ :]89:/)
    expect(ann.lines.filter((line) => line.includes('#evil') && line.startsWith(`:${name}`))).toEqual(shown.slice(2, 3))
    const texts = ann.lines.filter((line) => line.startsWith(`:${name}!`)).map((line) => line.replace(/^\S+ PRIVMSG #lines :?/, ''))
    const long = texts.slice(texts.findIndex((line) => line.startsWith('0:')))
    expect(long.join(' ')).toBe(longText)
    expect(Math.max(...long.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(350)
  })

  test('of a flood of messages twenty wait, one warning is written, and the next run reads them in order', async () => {
    const ann = await person('ann5', '#flood')
    const name = await greeted(ann, '#flood')
    isAwake = false
    const stall = model.nextStall()
    ann.say('#flood', `${name}: tell forever`)
    await stall
    for (let index = 1; index <= 200; index++) ann.say('#flood', `${name}: message ${index}, what was said`)
    await ann.reads(/20 messages wait already/)
    ann.say('#flood', '!status')
    await ann.reads(/I am at work\. Messages that wait: 20\./)
    ann.say('#flood', '!stop')
    await ann.reads(/Stopped\./)
    await ann.reads(/ann5: message 20, what was said"\]/)
    const text = ann.lines
      .flatMap((line) => (line.startsWith(`:${name}!`) && line.includes('"ann5: message') ? [line.replace(/^\S+ PRIVMSG #flood :?/, '')] : []))
      .join(' ')
    expect([...text.matchAll(/message (\d+)/g)].map(([, index]) => Number(index))).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    expect(ann.lines.filter((line) => line.includes('messages wait already'))).toHaveLength(1)
  })

  test('a bot that is killed while a question waits continues in the next process: one question, one restart', async () => {
    const { bot, folder, code } = await start('#kill')
    const ann = await person('ann6', '#kill')
    const name = await greeted(ann, '#kill')
    ann.say('#kill', `${name}: restart db-1`)
    const [, id = ''] = /yes ([0-9a-f]+)/.exec(await ann.reads(/Write: yes/)) ?? []
    ann.say('#kill', `${name}: is mail up?`)
    ann.say('#kill', '!status')
    await ann.reads(/I wait for an answer to .* Messages that wait: 1\./)
    await bot.end('SIGKILL')
    await ann.reads(/QUIT/)
    await start('#kill', { BOT_FOLDER: folder })
    await ann.reads(/:bot\w+!\S+ JOIN/)
    ann.say('#kill', `yes ${id} ${await code()}`)
    await ann.reads(/db-1 was restarted/)
    await ann.reads(/mail: up/)
    expect(ann.lines.filter((line) => line.includes('Write: yes'))).toHaveLength(1)
    expect(await readFile(join(folder, 'restarts.log'), 'utf8')).toBe('db-1\n')
  })

  test('a bot that is killed in the middle of an answer gives it after its restart, without being asked again', async () => {
    isAwake = false
    const { bot, folder } = await start('#again')
    const ann = await person('ann7', '#again')
    const name = await greeted(ann, '#again')
    const stall = model.nextStall()
    ann.say('#again', `${name}: tell forever`)
    await stall
    await bot.end('SIGKILL')
    isAwake = true
    await start('#again', { BOT_FOLDER: folder })
    expect(await ann.reads(/tell forever"/)).toMatch(/:\["ann7: tell forever"\]$/)
  })

  test('the bot comes back when the server was gone, and SIGTERM ends it in order', async () => {
    const own = await startNgircd()
    const { bot } = await start('#back', { IRC_SERVER: `127.0.0.1:${own.port}`, IRC_RECONNECT_MS: '50' })
    const name = await greeted(await person('ann8', '#back', own.port), '#back')
    await own.stop()
    const second = await startNgircd(own.port)
    onTestFinished(() => second.stop())
    const ann = await person('ann8', '#back', second.port)
    await greeted(ann, '#back')
    ann.say('#back', `${name}: is web up?`)
    await ann.reads(/web: up/)
    expect(await bot.end('SIGTERM')).toBe(0)
    expect(bot.stderr()).toMatch(/^(There is no connection to 127\.0\.0\.1:\d+\. The bot tries again in [\d.]+ s\.\n)+$/)
  })

  test('SIGTERM ends a bot that waits for a server that is gone', async () => {
    const { bot } = await start('#gone', { IRC_SERVER: '127.0.0.1:1', IRC_RECONNECT_MS: '3600000' })
    expect(await bot.end('SIGTERM')).toBe(0)
    // The signal may come before the first attempt has failed.
    expect(bot.stderr()).toMatch(/^(There is no connection to 127\.0\.0\.1:1\. The bot tries again in 60 s\.\n)?$/)
  })
})
