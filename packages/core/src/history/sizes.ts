import type { AssistantPart, Message, ToolResultPart, UserPart } from '../contract/messages.ts'
import type { ModelRequest, ToolDefinition } from '../contract/model.ts'

/** What is counted for an image, in characters: about a thousand tokens. */
const imageCharacters = 3_000
/** Role, names of fields and the like, in characters for each message. */
const frameCharacters = 12

/** The characters of a message that a provider counts as tokens. */
export function charactersOf({ content }: Message): number {
  if (typeof content === 'string') return frameCharacters + content.length
  let total = frameCharacters
  for (const part of content) total += charactersOfPart(part)
  return total
}

function charactersOfPart(part: UserPart | AssistantPart | ToolResultPart): number {
  if (part.type === 'image') return imageCharacters
  return part.type === 'tool-call' ? part.toolName.length + part.inputText.length + frameCharacters : part.text.length
}

/** What a request sends before its messages. */
export type RequestHead = Pick<ModelRequest, 'instructions' | 'tools'>

// The list of tools is one array for all runs of an agent.
const countedTools = new WeakMap<readonly ToolDefinition[], number>()

/** The characters of instructions and tools. */
export function charactersOfHead({ instructions = '', tools }: RequestHead): number {
  if (tools === undefined) return instructions.length
  let characters = countedTools.get(tools)
  if (characters === undefined) {
    characters = JSON.stringify(tools).length
    countedTools.set(tools, characters)
  }
  return instructions.length + characters
}

/** Until something was reported: about 0.3 tokens for an English character. https://api-docs.deepseek.com/quick_start/token_usage */
export const defaultRate: number = 1 / 3

/**
 * Tokens of one character, measured.
 *
 * @returns `undefined` for a measure that cannot be true, such as after a provider dropped old reasoning.
 */
export function measureRate(tokens: number, characters: number): number | undefined {
  const rate = characters > 0 ? tokens / characters : 0
  return rate >= 0.02 && rate <= 4 ? rate : undefined
}
