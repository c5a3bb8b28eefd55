import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Agent, tool } from 'capstan'
import { call, scriptedModel } from 'capstan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { IrcBot } from './irc-bot.ts'

function answerTo(line: string, capabilities: string): string | undefined {
  const [command = '', ...rest] = line.split(' ')
  const answers: Readonly<Record<string, string>> = {
    'CAP LS': `:s CAP * LS :${capabilities}`,
    'CAP REQ': `:s CAP * ACK ${rest.slice(1).join(' ')}`,
    USER: ':s 001 bot :Welcome',
    JOIN: `:bot!b@h JOIN ${rest[0]}`,
    PING: `:s PONG s :${rest.join(' ')}`,
  }
  return answers[command === 'CAP' ? `CAP ${rest[0]}` : command]
}

/** A server that knows accounts, which ngircd does not. Only the answers that the bot waits for. */
async function startServer(capabilities: string) {
  const sent: string[] = []
  const waiting = new Set<() => void>()
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    createInterface({ input: socket }).on('line', (line) => {
      const answer = answerTo(line, capabilities)
      if (answer !== undefined) socket.write(`${answer}\r\n`)
      sent.push(line)
      for (const check of waiting) check()
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  let seen = 0
  return {
    port: (server.address() as AddressInfo).port,
    write: (line: string) => sockets.at(-1)?.write(`${line}\r\n`),
    reads: async (pattern: RegExp): Promise<string> =>
      await new Promise((resolve) => {
        const check = (): void => {
          const index = sent.findIndex((line, at) => at >= seen && pattern.test(line))
          if (index < 0) return
          seen = index + 1
          waiting.delete(check)
          resolve(sent[index] ?? '')
        }
        waiting.add(check)
        check()
      }),
  }
}

async function startBot(port: number, note: string): Promise<readonly string[]> {
  const paid: string[] = []
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    inputSchema: z.object({ to: z.string(), note: z.string() }),
    needsApproval: true,
    execute: ({ to }) => {
      paid.push(to)
      return `Paid to ${to}.`
    },
  })
  const agent = new Agent({ name: 'payer', model: scriptedModel([call('pay', { to: 'bob', note }), 'The end.']), tools: [pay] })
  const folder = await mkdtemp(join(tmpdir(), 'capstan-'))
  const bot = await IrcBot.start({ agent, folder, host: '127.0.0.1', port, nick: 'bot', channels: ['#ops'], owners: ['ann'], codeSecret: 'MFRGGZDFMZTWQ2LK' })
  onTestFinished(() => bot.close())
  return paid
}

test('where the server says who is logged in, an account decides without a code, and a nick does not', async () => {
  const server = await startServer('account-tag message-tags')
  const paid = await startBot(server.port, 'rent')
  await server.reads(/^JOIN #ops/)
  server.write(':ann!a@h PRIVMSG #ops :bot: pay bob')
  const [, id = ''] = /yes ([0-9a-f]+)/.exec(await server.reads(/Write: yes/)) ?? []
  for (const author of [':ann!a@h', '@account=mallory :ann!a@h', '@account=Ann :ann!a@h', '@+account=ann :ann!a@h']) {
    server.write(`${author} PRIVMSG #ops :yes ${id}`)
    await server.reads(/^PRIVMSG #ops :ann: only owners/)
  }
  expect(paid).toEqual([])
  server.write(`@account=ann :someone!s@h PRIVMSG #ops :yes ${id}`)
  await server.reads(/The end\./)
  expect(paid).toEqual(['bob'])
})

test('a tag of a server that did not promise accounts proves nothing', async () => {
  const server = await startServer('message-tags')
  const paid = await startBot(server.port, 'rent')
  await server.reads(/^JOIN #ops/)
  server.write('@account=ann :ann!a@h PRIVMSG #ops :bot: pay bob')
  const [, id = ''] = /yes ([0-9a-f]+)/.exec(await server.reads(/Write: yes/)) ?? []
  server.write(`@account=ann :ann!a@h PRIVMSG #ops :yes ${id}`)
  await server.reads(/only owners/)
  expect(paid).toEqual([])
})

test('a call that is too long for the channel can only be denied there', async () => {
  const server = await startServer('account-tag')
  const paid = await startBot(server.port, 'x'.repeat(3_000))
  await server.reads(/^JOIN #ops/)
  server.write(':ann!a@h PRIVMSG #ops :bot: pay bob')
  const [, id = ''] = /no ([0-9a-f]+)/.exec(await server.reads(/can only be denied/)) ?? []
  server.write(`@account=ann :ann!a@h PRIVMSG #ops :yes ${id}`)
  await server.reads(/was not shown completely/)
  server.write(`@account=ann :ann!a@h PRIVMSG #ops :no ${id} too long`)
  await server.reads(/The end\./)
  expect(paid).toEqual([])
})
