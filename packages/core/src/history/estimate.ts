import type { Message } from '../contract/messages.ts'
import { charactersOf, charactersOfHead, type RequestHead } from './sizes.ts'

// DeepSeek documents about 0.3 tokens for an English character and 0.6 for a Chinese one. https://api-docs.deepseek.com/quick_start/token_usage
const tokensEach = { narrow: 1 / 3, wide: 0.6 }
/** Chinese, Japanese and Korean signs. */
const wide = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]/g

/** Estimates the tokens of a request that no provider has counted yet, by the characters and the script of its texts. */
export function estimateRequestTokens(head: RequestHead, messages: readonly Message[]): number {
  const characters = messages.reduce((total, message) => total + charactersOf(message), charactersOfHead(head))
  const wideCharacters = messages.reduce((total, { content }) => total + countWide(JSON.stringify(content)), countWide(head.instructions ?? ''))
  return Math.ceil(Math.max(0, characters - wideCharacters) * tokensEach.narrow + wideCharacters * tokensEach.wide)
}

function countWide(text: string): number {
  return text.match(wide)?.length ?? 0
}
