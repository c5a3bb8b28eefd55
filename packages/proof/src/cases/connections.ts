import { setTimeout as sleep } from 'node:timers/promises'
import type { ChatSettings } from '@capstan/adapters'
import { AgentError } from '@capstan/core'
import { type Fault, startSimulator } from '@capstan/simulator'
import { dispatcherOf, failingConnector, silentConnector } from '../lab/dispatchers.ts'
import { type Observation, observe } from '../lab/observe.ts'
import { type Case, type Check, check, holds } from './case.ts'
import { type Expected, expectedOf, refused, retried, wordsOf } from './expected.ts'
import { answered, pays, said, wire } from './wire.ts'

const always = 'generate, struck always'

let endpoints = 0
/** An endpoint of its own for each case: retry budgets and what a model has learned are kept by endpoint. */
function otherURL(): string {
  endpoints++
  return `https://api-${endpoints}.example/v1`
}

/** Connections that cannot be made, or break before the response. T1 to T7 and T85 to T88. */
export const connections: readonly Case[] = [
  injected('T1 ENOTFOUND', failingConnector('ENOTFOUND', 'getaddrinfo ENOTFOUND api.example'), refused('network-dns', 'connect')),
  injected('T1 EAI_AGAIN', failingConnector('EAI_AGAIN', 'getaddrinfo EAI_AGAIN api.example'), retried('network-dns', 'connect')),
  struckConnection('T2 nothing listens', { kind: 'refuse' }, retried('network-refused', 'connect')),
  {
    id: 'T2 nothing listens for 200 ms, then a server does',
    run: async () => {
      await using simulator = await startSimulator({ faults: [{ fault: { kind: 'refuse', forMs: 200 } }], respond: () => answered })
      const first = await observe({ server: { baseURL: simulator.baseURL }, mode: 'generate' })
      await sleep(250)
      const second = await observe({ server: { baseURL: simulator.baseURL }, mode: 'generate' })
      return [check('then', 'finished', second.result?.stopReason), holds('invariants', [...first.problems, ...second.problems].length === 0, first.problems)]
    },
  },
  injected('T3 a host that no route leads to', silentConnector(), retried('connect-timeout', 'connect'), { timeouts: { connectMs: 60 } }),
  injected('T3 UND_ERR_CONNECT_TIMEOUT', failingConnector('UND_ERR_CONNECT_TIMEOUT', 'Connect Timeout Error'), retried('connect-timeout', 'connect')),
  struckConnection('T3 a TLS handshake that is never answered', { kind: 'handshake', as: 'silence' }, retried('connect-timeout', 'connect'), {
    timeouts: { connectMs: 150 },
  }),
  ...(['http', 'alert'] as const).map((answer) =>
    struckConnection(
      `T4 a TLS handshake that is answered by ${answer === 'http' ? 'plain HTTP' : 'an alert'}`,
      { kind: 'handshake', as: answer },
      refused('network-tls', 'connect'),
    ),
  ),
  ...['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID'].map((code) =>
    injected(`T4 ${code}`, failingConnector(code, 'certificate'), refused('network-tls', 'connect')),
  ),
  wire('T5 reset after the request, before the headers', { kind: 'reset', at: 'before-headers' }, { expected: retried('network-reset', 'headers') }),
  wire('T6 close before the headers', { kind: 'close', at: 'before-headers' }, { expected: retried('network-reset', 'headers') }),
  ...(['reset', 'close'] as const).map((end) =>
    wire(`T7 ${end} within the headers`, { kind: 'cut-headers', bytes: 40, end }, { expected: retried('network-reset', 'headers') }),
  ),
  wire('T7 garbage instead of a status line', { kind: 'garbage' }, { expected: retried('network-protocol', 'headers') }),
  wire('T85 407 from a proxy', { kind: 'status', status: 407 }, { expected: refused('network-refused', 'headers') }),
  injected(
    'T85 a proxy that refuses the tunnel',
    failingConnector('UND_ERR_ABORTED', 'Proxy response (502) !== 200 when HTTP Tunneling'),
    refused('network-refused', 'connect'),
  ),
  { id: 'T86 the server closes the idle connection between two steps', run: staleSocket },
  wire('T87 1,000 headers of 100 bytes', { kind: 'many-headers', count: 1_000 }, { expected: refused('network-protocol', 'headers') }),
  ...brokenDispatchers(),
]

/** A case of a dispatcher that is handed in. The server counts nothing: nothing reaches one. */
// biome-ignore lint/complexity/useMaxParams: a row of a table
function injected(id: string, dispatcher: NonNullable<ChatSettings['dispatcher']>, expected: Expected, settings: ChatSettings = {}): Case {
  return {
    id,
    run: async () => {
      const seen = await observe({ server: { baseURL: otherURL() }, mode: 'generate', settings: { ...settings, dispatcher } })
      return judge(seen, expected)
    },
  }
}

/** A case of a fault that strikes connections: the same in each attempt. */
// biome-ignore lint/complexity/useMaxParams: a row of a table
function struckConnection(id: string, fault: Fault, expected: Expected, settings: ChatSettings = {}): Case {
  return {
    id,
    run: async () => {
      await using simulator = await startSimulator({ faults: [{ fault }] })
      const baseURL = fault.kind === 'handshake' ? simulator.baseURL.replace('http:', 'https:') : simulator.baseURL
      return judge(await observe({ server: { baseURL }, mode: 'generate', settings }), expected)
    },
  }
}

function judge(seen: Observation, expected: Expected): readonly Check[] {
  const words = wordsOf(seen, expected)
  const wanted = expectedOf(expected, always)
  return [
    { what: always, expected: wanted.join(' or '), seen: words, ok: wanted.includes(words) },
    holds('I1 to I7', seen.problems.length === 0, seen.problems),
  ]
}

async function staleSocket(): Promise<readonly Check[]> {
  await using simulator = await startSimulator({ script: [{ ...pays, fault: { kind: 'hang-up' } }, said] })
  const seen = await observe({ server: simulator, mode: 'stream' })
  const [first, second] = simulator.requests
  return [
    check('the run', 'finished, 2 requests, 1 tool run', wordsOf(seen, { is: 'ok' })),
    holds('another connection was used', first?.connectionId !== second?.connectionId, second?.connectionId),
    holds('I1 to I7', seen.problems.length === 0, seen.problems),
  ]
}

function brokenDispatchers(): readonly Case[] {
  const throwing = dispatcherOf(() => {
    throw new TypeError('broken')
  })
  const failing = dispatcherOf((_options, handler) => {
    // As code without types would call it.
    setImmediate(() => handler.onResponseError?.(undefined as never, 'broken' as never))
    return true
  })
  return [
    {
      id: 'T88 a dispatcher that throws',
      differs: 'Capstan takes a dispatcher and no `fetch`, so there is no Response that could be wrong',
      run: async () => {
        const { error, problems } = await observe({ server: { baseURL: otherURL() }, mode: 'generate', settings: { dispatcher: throwing } })
        return [
          check('code', 'internal', AgentError.is(error) ? error.code : String(error)),
          holds('cause', AgentError.is(error) && error.cause !== undefined, 'none'),
          // The code `internal` is right here, because the dispatcher of the caller is broken.
          holds('I1 to I7', problems.filter((problem) => !problem.startsWith('I2: a defect')).length === 0, problems),
        ]
      },
    },
    injected('T88 a dispatcher that fails with a string instead of an error', failing, retried('network-reset', 'connect')),
  ]
}
