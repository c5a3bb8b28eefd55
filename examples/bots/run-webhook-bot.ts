// A bot that Slack sends events to. Without settings it talks to a stand-in for Slack on this machine.
//   npm run webhook-bot             -- --demo plays a conversation; -- --send "Is db-1 up?" sends a signed event to a bot that runs without settings
//   SLACK_SIGNING_SECRET=… SLACK_BOT_TOKENS=T024BE7LD=… BOT_OWNERS=T024BE7LD/U0G9QF9C6 PORT=3000 npm run webhook-bot
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readOptions } from './shared/command-line.ts'
import { mention, type StandIn, startStandIn } from './slack/stand-in.ts'
import { playWebhook } from './slack/webhook-demo.ts'
import { botModel } from './team/offline-model.ts'
import { opsTeam } from './team/ops-team.ts'
import { startWebhookBot, type WebhookBotOptions } from './webhook-bot.ts'

const { env } = process
const usage = `npm run webhook-bot -- [options]
  --demo        plays a conversation, and ends
  --send TEXT   sends TEXT to a bot that runs in another terminal, in this folder
  --user ID     who sends it; default U2ann, who may decide. U3bob may not
PORT in the environment is where it listens; default: a free port.`
const { values: options } = readOptions(
  () => parseArgs({ options: { demo: { type: 'boolean' }, send: { type: 'string' }, user: { type: 'string', default: 'U2ann' } } }),
  usage,
)
const folder = env['BOT_FOLDER'] ?? '.capstan/webhook-bot'
const localFile = join(folder, 'local.json')
if (options.send === undefined) await start().catch(explain)
else await send(options.send)

async function start(): Promise<void> {
  const secret = env['SLACK_SIGNING_SECRET']
  const standIn = secret === undefined ? await startStandIn() : undefined
  const { model, close: closeModel } = await botModel()
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const server = env['STATUS_BOARD'] ? { server: env['STATUS_BOARD'] } : {}
  const team = await opsTeam({ model, log: join(folder, 'restarts.log'), ...server })
  const settings = standIn === undefined ? slackSettings(secret ?? '') : localSettings(standIn)
  const bot = await startWebhookBot({ agent: team.agent, folder, port: Number(env['PORT'] ?? 0), ...settings })
  const receiver = { url: bot.url, signingSecret: settings.signingSecret }
  const stop = async (): Promise<void> => {
    await bot.close(Number(env['BOT_GRACE_MS'] ?? 8_000))
    await team.close()
    await closeModel()
    standIn?.close()
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop())
  console.log(`The bot takes events at ${bot.url}`)
  if (standIn === undefined) return
  writeFileSync(localFile, JSON.stringify(receiver), { mode: 0o600 })
  if (options.demo) {
    await playWebhook(receiver, standIn)
    return await stop()
  }
  console.log('There is no SLACK_SIGNING_SECRET, so what it sends is printed here. To send it an event: npm run webhook-bot -- --send "Is db-1 up?"')
  void printWhatItSends(standIn)
}

/** Nobody waits for it: a program that ends while it waits at its top level ends with exit code 13. */
async function printWhatItSends(standIn: StandIn): Promise<never> {
  for (;;) console.log(`<bot> ${(await standIn.reads(/^/)).text}`)
}

/** What runs already, such as the stand-in, would keep a bot alive that takes no events. */
function explain(error: Error & { readonly code?: string }): never {
  const said = error.code === undefined ? error : error.message
  console.error(error.code === 'EADDRINUSE' ? `Port ${env['PORT']} is in use. Choose another one: PORT=3001 npm run webhook-bot` : said)
  process.exit(1)
}

async function send(text: string): Promise<void> {
  const answer = await (async () => await mention(JSON.parse(readFileSync(localFile, 'utf8')), text, { user: options.user }))().catch(() => undefined)
  console.log(answer === undefined ? 'No bot answers. Start one in another terminal, in this folder and without settings: npm run webhook-bot' : answer.status)
  if (!answer?.ok) process.exitCode = 1
}

function slackSettings(signingSecret: string): Pick<WebhookBotOptions, 'signingSecret' | 'api' | 'owners'> {
  const tokens = Object.fromEntries((env['SLACK_BOT_TOKENS'] ?? '').split(',').map((pair) => pair.split('=', 2)))
  return {
    signingSecret,
    owners: (env['BOT_OWNERS'] ?? '').split(','),
    api: { tokens, ...(env['SLACK_API_URL'] !== undefined && { url: env['SLACK_API_URL'] }) },
  }
}

function localSettings({ url }: StandIn): Pick<WebhookBotOptions, 'signingSecret' | 'api' | 'owners'> {
  return { signingSecret: randomBytes(16).toString('hex'), owners: ['T1team/U2ann'], api: { url, tokens: { T1team: 'fake-token' } } }
}
