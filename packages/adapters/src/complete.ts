import { AgentError, type CompleteOptions, type Completion, type ModelReply, type ModelRequest, type Warning } from '@capstan/core'
import { checkNames, estimateTokens, resolveAttempts, withRetries } from '@capstan/core/internal'
import { ReplyStream } from './reply-stream.ts'
import type { Call } from './send.ts'
import type { DecodedResponse } from './wire/decode-response.ts'

interface Received {
  readonly reply: ModelReply
  /** The body, unless the server streamed although it was not asked to. */
  readonly document: DecodedResponse | undefined
  readonly warnings: readonly Warning[]
}

/** One `model.complete()`. */
export interface CompleteCall extends Pick<Call, 'chat' | 'request'> {
  readonly options: CompleteOptions
}

const requestParts = ['instructions', 'messages', 'tools', 'toolChoice', 'maxOutputTokens', 'responseFormat'] satisfies readonly (keyof ModelRequest)[]
const instead = { system: 'instructions', prompt: 'messages: [user(prompt)]', input: 'messages: [user(input)]' }

/** Sends a single request outside any run, not streamed, and returns all candidates. It is retried as `attempts` allows. */
export async function complete({ chat, request, options }: CompleteCall, warnings: readonly Warning[]): Promise<Completion> {
  checkNames(options, { names: ['signal', 'attempts'], what: 'an option of complete()', instead: { abortSignal: 'signal', maxRetries: 'attempts: { max }' } })
  checkNames(request, { names: requestParts, what: 'part of a request', instead })
  const { signal = new AbortController().signal } = options
  const rules = resolveAttempts(options.attempts)
  const call: Call = { chat, request, stream: false, signal, origin: undefined }
  const repairs: Warning[] = []
  let attempts = 0
  const receiveLimited = async (attempt: number): Promise<Received> => {
    attempts = attempt
    const permit = await chat.settings.limiter?.acquire(estimateTokens([request.instructions, request.tools, request.messages]), signal)
    let received: Received | undefined
    try {
      received = await receive(new ReplyStream(call, warnings), repairs)
      return received
    } finally {
      permit?.release(received?.reply.usage.totalTokens)
    }
  }
  try {
    return toCompletion(await withRetries(receiveLimited, signal, rules), attempts, repairs)
  } catch (error) {
    if (AgentError.is(error)) throw Object.assign(error, { attempts: error.phase === 'setup' ? 0 : attempts })
    // A wait before a retry fails with the reason of the signal.
    throw new AgentError('The call was aborted.', { code: signal.aborted ? 'aborted' : 'internal', phase: 'headers', cause: error })
  }
}

async function receive(stream: ReplyStream, repairs: Warning[]): Promise<Received> {
  const warnings: Warning[] = []
  let reply: ModelReply | undefined
  for await (const events of stream) {
    for (const event of events) {
      if (event.type === 'warning') warnings.push(event.warning)
      else if (event.type === 'repaired') repairs.push({ code: `repaired ${event.what}`, message: event.message })
      else if (event.type === 'reply') reply = event.reply
    }
  }
  if (reply === undefined) throw new AgentError('The response ended without a reply.', { code: 'internal', phase: 'finish' })
  return { reply, document: stream.document, warnings }
}

/** A server that streams without being asked returns only its first candidate, and there is no document for `raw`. */
function toCompletion({ reply, document, warnings }: Received, attempts: number, repairs: readonly Warning[]): Completion {
  const { message, finishReason, rawFinishReason } = reply
  const candidates = document?.candidates ?? [{ message, finishReason, ...(rawFinishReason !== undefined && { rawFinishReason }) }]
  return { ...reply, candidates, attempts, raw: document?.raw ?? null, warnings: [...warnings, ...repairs] }
}
