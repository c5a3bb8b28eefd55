import { styleText } from 'node:util'

/** What the command writes to, as much of it as it needs. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export type Style = 'dim' | 'bold' | 'red' | 'green' | 'yellow' | 'cyan'

/** Colours for terminals; none for pipes, `NO_COLOR` and dumb terminals. */
export function styleFor(output: Output, env: NodeJS.ProcessEnv): (style: Style, text: string) => string {
  const isColoured = output.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  return (style, text) => (isColoured && text.trim() !== '' ? styleText(style, text) : text)
}

/** Where running text breaks: at the width of the terminal; in a pipe nowhere, so that a line stays a line. */
export function columnsOf(output: Output): number {
  return output.isTTY === true ? Math.max(20, output.columns ?? 80) : Number.POSITIVE_INFINITY
}

/** In a pipe, the inputs and outputs of tools are shown up to this many characters. */
const pipeWidth = 240

/** Room for a line that is cut rather than broken. */
export function roomOf(output: Output): number {
  return Math.min(pipeWidth, columnsOf(output))
}

/** Makes text from outside harmless for a terminal: no escape sequences and no other control characters but tab and line feed. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing control characters is what this is for.
  return text.replace(/\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)?|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
}

/** Text on one line of at most `width` characters; what is cut is marked. */
export function oneLine(text: string, width: number): string {
  const line = printable(text.slice(0, width * 4))
    .replace(/\s+/g, ' ')
    .trim()
  const characters = [...line]
  const isCut = characters.length > width || text.length > width * 4
  return isCut ? `${characters.slice(0, Math.max(1, width - 1)).join('')}…` : line
}
