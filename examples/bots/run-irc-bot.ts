// An IRC bot. Without settings it starts ngircd on this machine.
//   npm run irc-bot                 -- --demo plays a conversation; -- --code prints a one-time code for who may decide
//   IRC_SERVER=irc.example.org:6697 IRC_TLS=1 IRC_NICK=bot IRC_CHANNELS=#ops IRC_OWNERS=ann npm run irc-bot
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { playIrc } from './irc/irc-demo.ts'
import { hasNgircd, startNgircd } from './irc/local-ngircd.ts'
import { codeAt, toBase32 } from './irc/one-time-codes.ts'
import { IrcBot } from './irc-bot.ts'
import { readOptions } from './shared/command-line.ts'
import { botModel } from './team/offline-model.ts'
import { opsTeam } from './team/ops-team.ts'

const { env } = process
const usage = `npm run irc-bot -- [options]
  --demo   plays a conversation on a local server, and ends
  --code   prints a one-time code for who may decide
IRC_SERVER in the environment names a real server; default: a local ngircd.`
const { values: options } = readOptions(() => parseArgs({ options: { demo: { type: 'boolean' }, code: { type: 'boolean' } } }), usage)
const folder = env['BOT_FOLDER'] ?? '.capstan/irc-bot'
const secret = ownerSecret(join(folder, 'owner-secret'))
if (options.code) console.log(codeAt(secret))
else if (env['IRC_SERVER'] === undefined && !hasNgircd()) {
  console.error('There is no IRC server. Install one (Debian: apt install ngircd), or name one: IRC_SERVER=irc.example.org:6697 IRC_TLS=1 npm run irc-bot')
  process.exitCode = 2
} else await start()

async function start(): Promise<void> {
  const local = env['IRC_SERVER'] === undefined ? await startNgircd() : undefined
  const [host = '', port = '6667'] = (env['IRC_SERVER'] ?? `127.0.0.1:${local?.port}`).split(/:(?=\d+$)/)
  const channels = (env['IRC_CHANNELS'] ?? '#ops').split(',')
  const { model, close: closeModel } = await botModel()
  const team = await opsTeam({ model, log: join(folder, 'restarts.log') })
  const account = env['IRC_ACCOUNT'] ? { account: { account: env['IRC_ACCOUNT'], password: env['IRC_PASSWORD'] ?? '' } } : {}
  const owners = (env['IRC_OWNERS'] ?? '').split(',').filter((name) => name !== '')
  const reconnectMs = Number(env['IRC_RECONNECT_MS'] ?? 1_000)
  const server = { host, port: Number(port), reconnectMs, tls: env['IRC_TLS'] === '1', nick: env['IRC_NICK'] ?? 'bot', channels, ...account }
  const bot = await IrcBot.start({ ...server, agent: team.agent, folder, owners, codeSecret: secret })
  const stop = async (): Promise<void> => {
    await bot.close()
    await team.close()
    await closeModel()
    await local?.stop()
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop())
  console.log(`The bot is on its way to ${host}:${port}, ${channels.join(', ')}. Join there, and write: bot: Is db-1 up?`)
  console.log('Who approves adds a code to the answer, as in yes 1a2b 123456. To get a code: npm run irc-bot -- --code')
  if (!options.demo) return
  await playIrc(Number(port), secret)
  await stop()
}

/** The secret of who may decide. Whoever can read this file can approve. */
function ownerSecret(file: string): string {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (!existsSync(file)) writeFileSync(file, toBase32(randomBytes(20)), { mode: 0o600 })
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    console.error(`${(error as Error).message}\nThe bot keeps its runs in this folder. Choose another one: BOT_FOLDER=folder npm run irc-bot`)
    process.exit(1)
  }
}
