import { Session } from '@capstan/core'
import { checkNames, invalidOptions } from '@capstan/core/internal'
import type { AgentServer } from '../agent-server.ts'
import type { Connection } from '../http/guard.ts'
import { readBody } from '../http/read-body.ts'
import { Refusal } from '../http/refusal.ts'
import { emptyResponse, jsonResponse } from '../http/responses.ts'
import type { Principal } from '../principal.ts'
import { readAnswers } from '../runs/read-answers.ts'
import { makeSessionId } from '../runs/run-ids.ts'
import { type ChatPath, readChatPath } from './chat-path.ts'
import { chatResponse, type EventBatches, type RunWait, readSnapshot, uiStreamHeaders } from './chat-response.ts'
import type { UiVersion } from './chunks.ts'
import { type ChatRequest, readChatId, readChatRequest } from './read-chat-request.ts'
import { textStream } from './text-stream.ts'
import { uiMessagesOf, uiUserMessage } from './ui-messages.ts'
import { UiStream, type UiStreamOptions } from './ui-stream.ts'

/** Options of `chatHandlers`. */
export interface ChatOptions extends Omit<UiStreamOptions, 'runId'> {
  /** One of the names in `agents` of the server. May be left out where there is one agent. */
  readonly agent?: string
  /** The path ends with it; what comes before belongs to the framework. Default: `/chat`, as in `/api/chat` of `DefaultChatTransport`. */
  readonly path?: string
}

/** What serves the chats of `useChat`. All functions are bound, so they can be passed on as they are. */
export interface ChatHandlers {
  /** Answers a request, of whatever path. */
  readonly fetch: (request: Request) => Promise<Response>
  /** The same function, by the names that route files of Next.js export. */
  readonly GET: (request: Request) => Promise<Response>
  readonly POST: (request: Request) => Promise<Response>
  /** Answers a request that came over this connection: for `nodeHandler(chat)`. */
  readonly answer: (request: Request, connection: Connection) => Promise<Response>
  /** True for a request with a path of these handlers, where other things are served beside them. */
  readonly handles: (request: Request) => boolean
}

const optionNames: Readonly<Record<keyof ChatOptions, true>> = { agent: true, version: true, path: true, toolParts: true, errorText: true }

/**
 * Serves the chats of `useChat` of the AI SDK: `POST {path}`, `GET {path}/:id/stream` to connect again, `POST {path}/:id/stop`, and
 * `GET {path}/:id` with the messages for a page that is loaded. Each chat is a session of the server, so only the newest text of the user and answers
 * to questions are taken from what a page posts.
 *
 * ```ts
 * const server = agentServer({ agents: { support }, journal, sessions, authorize })
 * const chat = chatHandlers(server, { version: 7 })
 * createServer(nodeHandler(chat)).listen(8080)
 * ```
 *
 * @param server - It needs `sessions`.
 * @throws {AgentError} `invalid-options`.
 */
export function chatHandlers(server: AgentServer, options: ChatOptions): ChatHandlers {
  checkOptions(server, options)
  const chats = new Chats(server, options)
  const { path = '/chat' } = options
  const answer = async (request: Request, connection: Connection): Promise<Response> =>
    await server.guarded(request, { connection, route: 'ai-sdk' }, async (given, principal) => await chats.route(given, principal))
  const fetch = async (request: Request): Promise<Response> => await answer(request, { isLoopback: false })
  const handles = (request: Request): boolean => readChatPath(new URL(request.url).pathname, path) !== undefined
  return { fetch, GET: fetch, POST: fetch, answer, handles }
}

function checkOptions({ options: { sessions } }: AgentServer, options: ChatOptions): void {
  checkNames(options, { names: Object.keys(optionNames), what: 'an option of chatHandlers' })
  const { version, path, toolParts } = options
  if (![5, 6, 7].includes(version)) throw invalidOptions('`version` must be 5, 6 or 7: the major version of the package `ai` of the page.')
  if (path !== undefined && !/^(?:\/[\w.-]+)+$/.test(path)) throw invalidOptions("`path` must be a path such as '/chat', without a slash at its end.")
  if (toolParts !== undefined && toolParts !== 'dynamic' && toolParts !== 'static') throw invalidOptions("`toolParts` must be 'dynamic' or 'static'.")
  if (sessions !== undefined) return
  throw invalidOptions('Chats are kept on the server, so agentServer() needs `sessions`, such as fileSessions(folder).')
}

const methods: Readonly<Record<ChatPath['type'], 'GET' | 'POST'>> = { chat: 'POST', stop: 'POST', stream: 'GET', messages: 'GET' }

/** The chats of a server. */
class Chats {
  readonly #server: AgentServer
  readonly #options: ChatOptions
  readonly #version: UiVersion

  constructor(server: AgentServer, options: ChatOptions) {
    this.#server = server
    this.#options = options
    this.#version = options.version
  }

  async route(request: Request, principal: Principal): Promise<Response> {
    const found = readChatPath(new URL(request.url).pathname, this.#options.path ?? '/chat')
    if (found === undefined) throw new Refusal(404, ['not-found', 'There is no such path.'])
    const allow = methods[found.type]
    if (request.method !== allow) throw new Refusal(405, ['method-not-allowed', `This path takes ${allow}.`], { headers: { allow } })
    if (found.type === 'chat') return await this.#post(request, principal)
    const chatId = readChatId(found.chatId)
    if (found.type === 'messages') return await this.#messages(principal, chatId)
    const runId = await this.#openRun(principal, chatId)
    if (found.type === 'stream') return runId === undefined ? emptyResponse(204) : await this.#respond(principal, runId)
    if (runId !== undefined) await this.#server.runs.stop(principal, runId)
    return emptyResponse(202)
  }

  async #post(request: Request, principal: Principal): Promise<Response> {
    const chat = readChatRequest(await readBody(request, this.#server.options))
    // A stream that cannot be opened must not leave a run behind that nobody reads.
    this.#server.streams.check(principal)
    return chat.type === 'message' ? await this.#start(principal, chat) : await this.#continue(principal, chat)
  }

  async #start(principal: Principal, { chatId, text, messageId, isRetry }: Extract<ChatRequest, { type: 'message' }>): Promise<Response> {
    const { runs } = this.#server
    const { agent } = this.#options
    const key = messageId === undefined ? undefined : JSON.stringify(['chat', chatId, messageId])
    // Only version 7 has a chunk that takes text back.
    const keeps = this.#version === 7 ? {} : { keepsText: true as const }
    const { runId, isNew } = await runs.start(principal, { input: text, session: chatId, ...(agent !== undefined && { agent }), ...keeps }, key)
    if (isRetry && !isNew) await this.#retry(principal, runId)
    return await this.#respond(principal, runId)
  }

  async #retry(principal: Principal, runId: string): Promise<void> {
    const { status } = await this.#server.runs.info(principal, runId)
    if (status === 'finished' || status === 'limit') {
      throw new Refusal(409, ['already-answered', 'The conversation is kept on the server, and this message was answered. Send a new one.'], { runId })
    }
    await this.#server.runs.retry(principal, runId)
  }

  /** Keeps answers, and sends what follows them: the page has what was before. */
  async #continue(principal: Principal, { chatId, answers, isRepeated }: Extract<ChatRequest, { type: 'answers' }>): Promise<Response> {
    const { runs } = this.#server
    const runId = await this.#openRun(principal, chatId)
    if (runId === undefined) throw new Refusal(409, ['question-not-found', 'Nothing is asked in this chat any more. Load its messages again.'])
    return await this.#opened(principal, runId, async (batches, stream) => {
      await readSnapshot(batches, stream)
      const { questions } = await runs.info(principal, runId)
      const isOpen = (id: string): boolean => questions.some((question) => question.id === id)
      const given = Object.entries(answers).filter(([id]) => !isRepeated || isOpen(id))
      if (given.length > 0) await runs.decide(principal, runId, readAnswers(Object.fromEntries(given)))
      // The run continues once nothing is asked any more.
      return { isLive: true, isOver: given.filter(([id]) => isOpen(id)).length < questions.length }
    })
  }

  async #respond(principal: Principal, runId: string): Promise<Response> {
    return await this.#opened(principal, runId, async () => ({ isLive: false, isOver: false }))
  }

  /** Opens the response of a run. `prepare` may refuse it before its first byte. */
  async #opened(principal: Principal, runId: string, prepare: Prepare): Promise<Response> {
    const { runs, streams, options } = this.#server
    const leave = streams.enter(principal)
    const gone = new AbortController()
    const onEnd = (): void => {
      leave()
      gone.abort()
    }
    try {
      const batches = await runs.follow(principal, runId, { signal: gone.signal })
      const stream = new UiStream({ ...this.#options, runId })
      const { isLive, isOver } = await prepare(batches, stream)
      const state = async (): Promise<RunWait> => await this.#waitOf(principal, runId)
      const parts = { version: this.#version, batches: isOver ? none : batches, stream, isLive, state, onError: options.onError }
      const body = textStream({ texts: chatResponse(parts), keepAliveMs: options.keepAliveMs, onEnd })
      return new Response(body, { headers: { ...uiStreamHeaders, 'capstan-run-id': runId } })
    } catch (error) {
      onEnd()
      throw error
    }
  }

  async #waitOf(principal: Principal, runId: string): Promise<RunWait> {
    const { status, stopReason, questions } = await this.#server.runs.info(principal, runId)
    return { isWaiting: status !== 'unfinished' && stopReason !== 'queued', open: new Set(questions.map(({ id }) => id)) }
  }

  async #messages(principal: Principal, chatId: string): Promise<Response> {
    const { sessions } = this.#server.options
    const entries = (await sessions?.read(makeSessionId(principal.id, chatId))) ?? []
    const runId = await this.#openRun(principal, chatId)
    const messages = uiMessagesOf(entries, this.#options)
    // What the user said to it is in the session when the run has ended.
    const last = runId === undefined ? [] : [uiUserMessage(runId, (await this.#server.runs.requestOf(principal, runId)).input)]
    return jsonResponse(200, { messages: [...messages, ...last] })
  }

  /** The run that has its place in the chat: at work, or waiting for somebody. */
  async #openRun(principal: Principal, chatId: string): Promise<string | undefined> {
    const { sessions } = this.#server.options
    if (sessions === undefined) return undefined
    return (await Session.open(sessions, makeSessionId(principal.id, chatId))).openRun
  }
}

type Prepare = (batches: EventBatches, stream: UiStream) => Promise<{ readonly isLive: boolean; readonly isOver: boolean }>

const none: EventBatches = { next: () => Promise.resolve({ value: undefined, done: true }) }
