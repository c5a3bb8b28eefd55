import { readResultName } from '../contract/built-in-names.ts'
import type { ToolMessage, ToolResultPart } from '../contract/messages.ts'
import { formatCount } from '../support/cap-text.ts'
import { hashText } from '../support/hash.ts'
import { beginningOf } from './ledger.ts'

/** Tokens of the line that takes the place of a result. */
export const stubTokens = 25
/** What is kept of a result that is not a success, so that the try is not repeated. In characters. */
const problemCharacters = 80

/**
 * The message with one line in place of the result.
 *
 * @param canRead - True where the model can read the complete result again.
 */
export function clearResult(message: ToolMessage, canRead: boolean): ToolMessage {
  const [part] = message.content
  // Whoever reads the line later, by its id, must not take it for the result.
  const { complete = { characters: part.text.length, bytes: Buffer.byteLength(part.text), hash: hashText(part.text, 'hex'), isKept: false } } = part
  return { ...message, content: [{ ...part, text: stubOf(part, canRead), complete }] }
}

function stubOf({ id, text, status, complete, foundTools = [] }: ToolResultPart, canRead: boolean): string {
  const size = `${formatCount(complete?.characters ?? text.length)} characters, cleared`
  const began = status === 'ok' ? '' : ` It ended with '${status}' and began: ${JSON.stringify(beginningOf(text, problemCharacters))}`
  const found = foundTools.length === 0 ? '' : ` It found ${foundTools.join(', ')}.`
  return `[${id === undefined ? '' : `${id}: `}${size}.${id !== undefined && canRead ? ` ${readResultName} shows it.` : ''}${found}${began}]`
}
