import { splitText, utf8Bytes } from '../shared/split-text.ts'

// A server sends at most 512 bytes, with the name of the bot and of the channel before the text and CR LF after it.
const lineBytes = 350
const maxLines = 12
// biome-ignore lint/suspicious/noControlCharactersInRegex: IRC formats text with control characters: colours with their numbers, and single ones.
const formatting = /\u0003(?:\d{1,2}(?:,\d{1,2})?)?|\u0004(?:[0-9a-f]{6})?|[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/gi

/** Text without colours and other formatting of IRC: what a person means who reads it. */
export function plainText(message: string): string {
  return message.replace(formatting, '').trim()
}

/** The lines that a text becomes. None of them can be a command, a request to a client (CTCP) or a colour, whatever the text is. */
export function ircLines(text: string): readonly string[] {
  const plain = text.replace(formatting, '').replace(/[\t\v\f]/g, ' ')
  const lines = splitText(plain, { limit: lineBytes, size: utf8Bytes, isOneLine: true })
  return lines.length <= maxLines ? lines : [...lines.slice(0, maxLines - 1), `(${lines.length - maxLines + 1} more lines are not shown. Ask for less.)`]
}
