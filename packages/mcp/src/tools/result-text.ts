import type { Json } from '@capstan/core'
import { canonicalJson, formatCount, isJsonObject } from '@capstan/core/internal'
import type { CallToolResult, ContentBlock, EmbeddedResource, ResourceLink } from '@modelcontextprotocol/client'
import type { Media } from '../options.ts'

/** Turns an image, a sound or a file into text for the model. */
export type MediaText = (media: Omit<Media, 'tool'>) => string | Promise<string>

/** Longer texts are not compared with the structured result. */
const maxComparedCharacters = 1_000_000

/**
 * The text of a result: its texts, links as lines, and media as what `mediaText` makes of them. The structured result follows as JSON,
 * unless the texts already say that.
 */
export async function resultText({ content = [], structuredContent }: CallToolResult, mediaText: MediaText): Promise<string> {
  const texts = await Promise.all(content.map((block) => blockText(block, mediaText)))
  const text = texts.join('\n')
  if (structuredContent === undefined || isWrapped(text, structuredContent) || texts.some((each) => isJsonOf(each, structuredContent))) return text
  return [...texts, safeJson(structuredContent)].join('\n')
}

/** The type and the size of an image, a sound or a file. */
export function describeMedia({ mimeType, bytes, uri }: Omit<Media, 'tool'>): string {
  return `[${mimeType}, ${formatCount(bytes.byteLength)} bytes${uri === undefined ? '' : `, ${uri}`}]`
}

async function blockText(block: ContentBlock, mediaText: MediaText): Promise<string> {
  switch (block.type) {
    case 'text':
      return block.text
    case 'image':
    case 'audio':
      return await mediaText({ type: block.type, mimeType: block.mimeType, bytes: Buffer.from(block.data, 'base64') })
    case 'resource_link':
      return linkText(block)
    case 'resource':
      return await resourceText(block, mediaText)
    default:
      return `[content of the unknown type ${JSON.stringify((block as { readonly type: unknown }).type)}]`
  }
}

function linkText({ uri, name, title, description, mimeType, size }: ResourceLink): string {
  const facts = [mimeType, size === undefined ? undefined : `${formatCount(size)} bytes`].filter((fact) => fact !== undefined)
  const about = [title ?? name, description].filter((text) => text !== undefined && text !== '').join(': ')
  return `[resource ${uri}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}] ${about}`.trimEnd()
}

async function resourceText({ resource }: EmbeddedResource, mediaText: MediaText): Promise<string> {
  const { uri, mimeType = 'application/octet-stream' } = resource
  if ('text' in resource) return `[resource ${uri}]\n${resource.text}`
  return await mediaText({ type: 'resource', mimeType, bytes: Buffer.from(resource.blob, 'base64'), uri })
}

/** Many servers repeat their text as the only property of an object, such as `{ content: text }`. */
function isWrapped(text: string, value: unknown): boolean {
  const values = isJsonObject(value) ? Object.values(value) : []
  return values.length === 1 && values[0] === text
}

function isJsonOf(text: string, value: unknown): boolean {
  if (!/^\s*[[{"\-\dtfn]/.test(text)) return false
  if (text.length > maxComparedCharacters) return true
  try {
    return canonicalJson(JSON.parse(text) as Json) === canonicalJson(value)
  } catch {
    return false
  }
}

/** A value that is nested thousands of levels deep exhausts the stack. */
function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    return '[a structured result that is nested too deep to show]'
  }
}
