import * as react7 from '@ai-sdk/react'
import * as ai7 from 'ai'
import * as react5 from 'ai-sdk-react5'
import * as react6 from 'ai-sdk-react6'
import * as ai5 from 'ai5'
import * as ai6 from 'ai6'

export const versions = [5, 6, 7] as const
export type Version = (typeof versions)[number]

/** A part of a message, as all three versions have it. */
export interface Part {
  readonly type: string
  readonly state?: string
  readonly text?: string
  readonly toolName?: string
  readonly toolCallId?: string
  readonly input?: unknown
  readonly output?: unknown
  readonly errorText?: string
  readonly approval?: { readonly id: string; readonly approved?: boolean; readonly reason?: string; readonly descriptor?: unknown }
  readonly data?: { readonly questionId: string; readonly kind: string; readonly status: string; readonly about: unknown }
}

export interface Message {
  readonly id: string
  readonly role: string
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly parts: readonly Part[]
}

/** What the tests use of `Chat`, which is what `useChat` is made of. */
export interface Chat {
  readonly id: string
  readonly status: string
  readonly error: Error | undefined
  messages: readonly Message[]
  sendMessage(message?: { readonly text: string; readonly messageId?: string }, options?: { readonly body?: object }): Promise<void>
  regenerate(): Promise<void>
  resumeStream(): Promise<void>
  stop(): Promise<void>
  addToolApprovalResponse(answer: { readonly id: string; readonly approved: boolean; readonly reason?: string }): Promise<void>
}

interface Sdk {
  readonly ai: {
    readonly DefaultChatTransport: new (options: object) => { sendMessages(options: object): Promise<ReadableStream<unknown>> }
    readonly uiMessageChunkSchema: () => { validate?: (value: unknown) => unknown }
    readonly readUIMessageStream: (options: object) => AsyncIterable<Message>
    readonly lastAssistantMessageIsCompleteWithApprovalResponses?: unknown
  }
  readonly Chat: new (options: object) => Chat
}

// The three versions have types of their own; the tests use what they share.
export const sdks = {
  5: { ai: ai5, Chat: react5.Chat },
  6: { ai: ai6, Chat: react6.Chat },
  7: { ai: ai7, Chat: react7.Chat },
} as unknown as Readonly<Record<Version, Sdk>>

export interface ChatSetup {
  readonly api: string
  readonly id?: string
  readonly messages?: readonly Message[]
  readonly fetch?: typeof fetch
  readonly onData?: (part: unknown) => void
}

let count = 0

/** A chat of a page, without the page. */
export function makeChat(version: Version, { api, id = `chat-${++count}`, messages = [], fetch, onData }: ChatSetup): Chat {
  const { ai, Chat } = sdks[version]
  return new Chat({
    id,
    messages,
    transport: new ai.DefaultChatTransport({ api, ...(fetch && { fetch }) }),
    ...(version !== 5 && { sendAutomaticallyWhen: ai.lastAssistantMessageIsCompleteWithApprovalResponses }),
    ...(onData && { onData }),
  })
}

/** The frames of a response that are not valid for a version. */
export async function invalidFrames(version: Version, frames: readonly unknown[]): Promise<readonly unknown[]> {
  const schema = sdks[version].ai.uiMessageChunkSchema()
  const checked = await Promise.all(frames.map(async (frame) => ({ frame, result: (await schema.validate?.(frame)) as { success: boolean } })))
  return checked.filter(({ result }) => !result.success).map(({ frame }) => frame)
}

/** The frames in the text of a response; its end must be `[DONE]`. */
export function framesIn(text: string): readonly { readonly type: string }[] {
  const lines = text.split('\n\n').filter((line) => line.startsWith('data: '))
  if (lines.at(-1) !== 'data: [DONE]') throw new Error(`The response does not end with [DONE] but with ${lines.at(-1)}.`)
  return lines.slice(0, -1).map((line) => JSON.parse(line.slice(6)))
}
