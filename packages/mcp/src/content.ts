import { assistant, type Label, type Message, type UserPart, user } from '@capstan/core'
import type { ContentBlock, GetPromptResult, ReadResourceResult } from '@modelcontextprotocol/client'
import { describeMedia, resultText } from './tools/result-text.ts'

/** One part of a resource: its text, or its bytes. */
export interface ResourceContent {
  readonly uri: string
  readonly mimeType?: string
  readonly text?: string
  readonly bytes?: Uint8Array
}

/** Reads what a server sent for a resource. */
export function readContents({ contents }: ReadResourceResult): readonly ResourceContent[] {
  return contents.map((content) => {
    const { uri, mimeType } = content
    const head = { uri, ...(mimeType !== undefined && { mimeType }) }
    return 'text' in content ? { ...head, text: content.text } : { ...head, bytes: Buffer.from(content.blob, 'base64') }
  })
}

/**
 * Turns a prompt of a server into messages. Images of a user stay images.
 *
 * @param labels - What the results of the server are: its prompts are the same.
 */
export async function toMessages({ messages }: GetPromptResult, labels: readonly Label[]): Promise<readonly Message[]> {
  return await Promise.all(
    messages.map(async ({ role, content }) => {
      const message = role === 'assistant' ? assistant(await blockText(content)) : user([await userPart(content)])
      return labels.length === 0 ? message : { ...message, labels }
    }),
  )
}

async function userPart(content: ContentBlock): Promise<UserPart> {
  if (content.type === 'image') return { type: 'image', url: `data:${content.mimeType};base64,${content.data}` }
  return { type: 'text', text: await blockText(content) }
}

async function blockText(content: ContentBlock): Promise<string> {
  return await resultText({ content: [content] }, describeMedia)
}
