import { Client, type jsonSchemaValidator, SdkError, SdkErrorCode, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { answerElicitation } from './elicitation.ts'
import { ConnectionFailure, describeFailure } from './failure.ts'
import { boundedFetch } from './http/bounded-fetch.ts'
import { maxProbeMs } from './limits.ts'
import type { CheckedTarget, Settings } from './options.ts'
import { ProcessTransport } from './stdio/process-transport.ts'
import { version } from './version.ts'

/** What a link needs. */
export interface LinkOptions {
  readonly target: CheckedTarget
  readonly settings: Settings
  /** The name of the server, as far as it is known. */
  readonly name: string
  /** The server says that its tools have changed. */
  onToolsChanged(): void
}

/** One connection to a server, from its handshake to its end. */
export class Link {
  readonly client: Client
  readonly #transport: ProcessTransport | StreamableHTTPClientTransport
  readonly #closeTimeoutMs: number
  #lost: string | undefined

  constructor({ client, transport, options }: { readonly client: Client; readonly transport: Link['transport']; readonly options: LinkOptions }) {
    this.client = client
    this.#transport = transport
    this.#closeTimeoutMs = options.settings.closeTimeoutMs
    // Not what the process wrote to stderr: the reason may go to the model.
    client.onclose = () => this.lose((transport instanceof ProcessTransport ? transport.reason : undefined) ?? 'the connection was closed')
  }

  get transport(): ProcessTransport | StreamableHTTPClientTransport {
    return this.#transport
  }

  /** Why it cannot be used any more. */
  get lost(): string | undefined {
    return this.#lost
  }

  lose(reason: string): void {
    this.#lost ??= reason
  }

  /** Ends it in bounded time. Never rejects. */
  async close(): Promise<void> {
    const { client } = this
    const transport = this.#transport
    const work = async (): Promise<void> => {
      if (transport instanceof StreamableHTTPClientTransport) await transport.terminateSession().catch(() => undefined)
      await client.close().catch(() => undefined)
      // A client whose handshake failed has let go of its transport.
      await transport.close().catch(() => undefined)
    }
    // A process takes at most the time of its own limit.
    await (transport instanceof ProcessTransport ? work() : within(this.#closeTimeoutMs, work()))
    await transport.close().catch(() => undefined)
  }
}

/**
 * Connects to a server.
 *
 * @throws {ConnectionFailure} If it cannot be started or reached, or does not answer the handshake in time.
 */
export async function openLink(options: LinkOptions): Promise<Link> {
  const started = performance.now()
  const leftMs = (): number => Math.max(1, options.settings.handshakeTimeoutMs - (performance.now() - started))
  try {
    return await shakeHands(options, { mode: 'auto', timeoutMs: leftMs() })
  } catch (error) {
    // Some servers of the older protocol end when they are asked for the newer one.
    const hasEnded = error instanceof HandshakeFailure && error.isProbe && options.target.kind === 'process'
    if (!hasEnded) throw error
    return await shakeHands(options, { mode: 'legacy', timeoutMs: leftMs() })
  }
}

class HandshakeFailure extends ConnectionFailure {
  /** True if the server ended before it knew what it was asked for. */
  readonly isProbe: boolean

  constructor(message: string, isProbe: boolean) {
    super(message)
    this.isProbe = isProbe
  }
}

interface Handshake {
  readonly mode: 'auto' | 'legacy'
  readonly timeoutMs: number
}

async function shakeHands(options: LinkOptions, { mode, timeoutMs }: Handshake): Promise<Link> {
  const transport = makeTransport(options)
  const client = makeClient(options, { mode, probe: { timeoutMs: Math.min(maxProbeMs, timeoutMs / 2) } })
  const link = new Link({ client, transport, options })
  try {
    const isDone = await within(
      timeoutMs,
      client.connect(transport, { timeout: Math.ceil(timeoutMs) + 1_000 }).then(() => true),
    )
    if (isDone !== true) throw new ConnectionFailure(`it did not answer the handshake within ${options.settings.handshakeTimeoutMs} ms`)
    return link
  } catch (error) {
    const isProbe = error instanceof SdkError && error.code === SdkErrorCode.EraNegotiationFailed
    const process = transport instanceof ProcessTransport ? transport : undefined
    const hasEnded = process?.reason !== undefined
    const reason = `${process?.reason ?? describeFailure(error)}${process?.output ?? ''}`
    await link.close()
    throw new HandshakeFailure(reason, isProbe && hasEnded)
  }
}

function makeTransport({ target, settings: { maxMessageBytes, closeTimeoutMs } }: LinkOptions): Link['transport'] {
  if (target.kind === 'process') return new ProcessTransport({ target, maxMessageBytes, closeTimeoutMs })
  return new StreamableHTTPClientTransport(target.url, {
    requestInit: { headers: target.headers },
    fetch: boundedFetch(maxMessageBytes),
    // The time until a stream is opened again must not keep a process alive.
    reconnectionScheduler: (reconnect, delayMs) => {
      const timer = setTimeout(reconnect, delayMs).unref()
      return () => clearTimeout(timer)
    },
  })
}

type Negotiation = NonNullable<NonNullable<ConstructorParameters<typeof Client>[1]>['versionNegotiation']>

function makeClient({ name, settings, onToolsChanged }: LinkOptions, versionNegotiation: Negotiation): Client {
  const client = new Client(
    { name: 'capstan', version: version() },
    {
      capabilities: { elicitation: { form: { applyDefaults: true }, ...(settings.onElicit !== undefined && { url: {} }) } },
      versionNegotiation,
      jsonSchemaValidator: acceptAll,
    },
  )
  client.setNotificationHandler('notifications/tools/list_changed', onToolsChanged)
  client.setRequestHandler('elicitation/create', ({ params }, { mcpReq }) => answerElicitation(params, { server: name, settings, signal: mcpReq.signal }))
  return client
}

/** Results are checked elsewhere: the validator of the client package runs the patterns of the server, which can take for ever. */
const acceptAll: jsonSchemaValidator = {
  // Nobody reads `data`: the client gives back what the server sent.
  getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
}

/** What the work gives, or `undefined` when it takes longer. */
async function within<Result>(timeoutMs: number, work: Promise<Result>): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
