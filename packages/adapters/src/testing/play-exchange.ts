import type { DispatchController, Dispatcher, JsonObject, Model } from '@capstan/core'
import type { Exchange, OwnExchange } from '@capstan/test-kit'
import { type ChatSettings, deepseek, evolink, moonshot, openaiCompatible, type ProfileName, profiles } from '../index.ts'
import { type Collected, collect, hello } from './collect.ts'
import { requestOf, settingsOf } from './neutral-request.ts'

/** What a model made of an exchange, and what it sent. */
export interface Played extends Omit<Collected, 'ms'> {
  readonly path: string
  readonly sent: JsonObject
}

/** The model that an exchange names, with the settings that its request shows and without a network. */
export function modelOf({ model, request }: OwnExchange, dispatcher: Dispatcher): Model {
  const [endpoint = '', ...rest] = model.split('/')
  const id = rest.join('/')
  const settings: ChatSettings = { ...settingsOf(request), stream: request['stream'] === true, apiKey: 'test-key', dispatcher }
  if (endpoint === 'deepseek') return deepseek<string>(id, settings)
  if (endpoint === 'moonshot') return moonshot<string>(id, settings)
  if (endpoint === 'evolink') return evolink<string>(id, settings)
  const baseURL = endpoint === 'openRouter' ? 'https://host.example/api/v1' : 'https://host.example/v1'
  // The exchanges name profiles that exist; another name would fail here.
  return openaiCompatible({ ...settings, baseURL, model: id, profile: profiles[endpoint as ProfileName] })
}

/** Sends the request of an exchange and reads its response, which comes in these pieces. */
export async function playOwn(exchange: OwnExchange, pieces: readonly Uint8Array[] = [Buffer.from(exchange.body)]): Promise<Played> {
  const request = requestOf(exchange.request)
  if (request === undefined) throw new Error(`${exchange.name}: the request has parts that do not exist here.`)
  const replay = replayDispatcher(exchange, pieces)
  const { ms: _, ...collected } = await collect(modelOf(exchange, replay.dispatcher), request)
  return { ...collected, path: replay.path, sent: JSON.parse(replay.sent) as JsonObject }
}

/** Reads the response of a recorded exchange, which comes in these pieces, with a request that has no tools. */
export async function playRecorded(exchange: Exchange, pieces: readonly Uint8Array[] = [Buffer.from(exchange.body)]): Promise<Omit<Collected, 'ms'>> {
  const replay = replayDispatcher(exchange, pieces)
  const { ms: _, ...collected } = await collect(evolink('deepseek-chat', { apiKey: 'test-key', dispatcher: replay.dispatcher }), hello)
  return collected
}

/** Gives each request the same response, in pieces cut as told: what a network does to a body, without one. */
export function replayDispatcher(
  { status, headers }: Exchange,
  pieces: readonly Uint8Array[],
): { readonly dispatcher: Dispatcher; path: string; sent: string } {
  const replay = {
    path: '',
    sent: '',
    dispatcher: {
      dispatch: (options, handler) => {
        replay.path = options.path
        replay.sent = Buffer.from(options.body).toString()
        handler.onRequestStart(controller, {})
        handler.onResponseStart(controller, status, headers)
        for (const piece of pieces) handler.onResponseData(controller, piece)
        handler.onResponseEnd(controller, {})
        return true
      },
    } satisfies Dispatcher,
  }
  return replay
}

const controller: DispatchController = { paused: false, pause: () => undefined, resume: () => undefined, abort: () => undefined }
