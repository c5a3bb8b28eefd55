import { readFileSync, writeFileSync } from 'node:fs'
import { AgentError } from '@capstan/core'
import { startSimulator } from '@capstan/simulator'
import { beforeEach, expect, test, vi } from 'vitest'
import { traceToFile } from '../recorder/trace-to.ts'
import { errorOf, eventsOf, key, newFile, tapedAgent } from '../testing/tapes.ts'
import { openTape } from './open-tape.ts'
import { readTape } from './read-tape.ts'

// The first run reads many files, which takes long on a busy machine.
vi.setConfig({ testTimeout: 40_000 })

beforeEach(() => {
  vi.stubEnv('CI', '')
})

const chunk = Buffer.from('{"choices":[]}').toString('base64')
const request = { method: 'POST', url: 'https://api.example.org/v1/chat/completions', headers: {}, body: '{}', at: 1_000 }
const exchange = { type: 'exchange', id: 1, key: 'k', request, response: { status: 200, headers: {}, at: 1_010 }, chunks: [[12, chunk]], endAt: 1_020 }

function fileOf(...lines: readonly unknown[]): string {
  const file = newFile()
  writeFileSync(file, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''))
  return file
}

function messageOf(file: string): string {
  try {
    readTape(file)
  } catch (error) {
    if (AgentError.is(error) && error.code === 'invalid-trace') return error.message
    throw error
  }
  throw new Error('It was read.')
}

test('other lines are ignored, and exchanges are in the order of their requests', () => {
  const later = { ...exchange, id: 2, request: { ...request, at: 2_000 } }
  const file = fileOf({ type: 'trace', version: 1, at: 900 }, later, { type: 'event', event: {} }, '', { type: 'new' }, exchange)
  expect(readTape(file)).toMatchObject({ exchanges: [{ id: 1 }, { id: 2 }], recordedAt: 900, isCut: false })
})

test('a line that a killed process has cut is left out, also where another process has added to the file; a damaged line between others is refused', () => {
  const head = { type: 'trace', version: 1, at: 900 }
  const torn = JSON.stringify(exchange).slice(0, 80)
  expect(readTape(fileOf(head, exchange, torn, head, { ...exchange, id: 2 }))).toMatchObject({ exchanges: [{ id: 1 }, { id: 2 }], isCut: true })
  expect(messageOf(fileOf(head, exchange, torn, { ...exchange, id: 2 }))).toContain('line 3: this is not a JSON object')
})

test.each<[string, unknown, string]>([
  ['a conflict of version control', '<<<<<<< HEAD', 'this is not a JSON object'],
  ['a list', [1], 'this is not a JSON object'],
  ['no request', { ...exchange, request: undefined }, '`request` of the exchange must be an object, not undefined'],
  ['a URL that is none', { ...exchange, request: { ...request, url: 'x' } }, '`request.url` of the exchange must be a URL'],
  ['a body that is none', { ...exchange, request: { ...request, body: {} } }, '`request.body` of the exchange must be a text, not an object'],
  ['no key', { ...exchange, key: 7 }, '`key` of the exchange must be a text, not a number'],
  ['a status that is none', { ...exchange, response: { status: '200', headers: {}, at: 1 } }, '`response.status` of the exchange must be a status'],
  ['a header that is none', { ...exchange, response: { status: 200, headers: { a: ['b'] }, at: 1 } }, '`response.headers.a` of the exchange must be a text'],
  ['no chunks', { ...exchange, chunks: undefined }, '`chunks` of the exchange must be a list'],
  [
    'a chunk that is none',
    {
      ...exchange,
      chunks: [
        [1, chunk],
        [2, '%%'],
      ],
    },
    '`chunks[1]` of the exchange must be [milliseconds, base64]',
  ],
  ['an error without a code', { ...exchange, error: { message: 'x' } }, '`error.code` of the exchange must be a text'],
  ['no end', { ...exchange, endAt: null }, '`endAt` of the exchange must be a number'],
  ['a version of the future', { type: 'trace', version: 9 }, 'this release reads version 1 of the format, not 9'],
])('%s is a typed error with file and line', (_name, line, message) => {
  const file = fileOf(exchange, line, exchange)
  expect(messageOf(file)).toContain(`${file}, line 2: ${message}`)
})

test('a file without exchanges, an empty one, a folder and one that is missing are typed errors', () => {
  expect(messageOf(fileOf({ type: 'trace', version: 1 }))).toContain('has no exchange, so it is not a tape')
  expect(messageOf(fileOf())).toContain('has no exchange')
  expect(messageOf(newFile())).toContain('ENOENT')
  expect(messageOf('.')).toContain('EISDIR')
})

test('a trace that a recorder made is a tape; cut at any byte it is one too, or a typed error', async () => {
  const file = newFile('run.trace.jsonl')
  await using simulator = await startSimulator({ script: [{ toolCalls: [{ name: 'weigh', input: { item: 'tent' } }] }, { text: 'Done.' }] })
  const { baseURL } = simulator
  const model = { baseURL, apiKey: key }
  const events = await eventsOf(tapedAgent({ ...model, trace: traceToFile(file) }))
  const tape = openTape(file)
  expect(await eventsOf(tapedAgent({ baseURL, dispatcher: tape.dispatcher }))).toEqual(events)
  tape.assertDone()

  const bytes = readFileSync(file)
  const cut = newFile()
  const counts = new Set<string>()
  for (let end = 0; end < bytes.length; end += 97) {
    writeFileSync(cut, bytes.subarray(0, end))
    try {
      const { exchanges, isCut } = readTape(cut)
      counts.add(`${exchanges.length} ${isCut}`)
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid-trace' })
    }
  }
  expect([...counts]).toContain('1 true')
})

test('an exchange that was too long to be recorded cannot be replayed, and says so', async () => {
  const file = newFile('run.trace.jsonl')
  await using simulator = await startSimulator({ script: [{ text: 'A long reply. '.repeat(200) }] })
  await eventsOf(tapedAgent({ baseURL: simulator.baseURL, apiKey: key, trace: traceToFile(file, { maxBodyBytes: 2_000 }) }))
  const error = await errorOf(tapedAgent({ dispatcher: openTape(file).dispatcher }).generate('go'))
  expect(error).toMatchObject({ code: 'unexpected-request', message: expect.stringContaining('too many to be recorded') })
})
