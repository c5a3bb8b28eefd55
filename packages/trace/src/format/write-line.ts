import type { ExchangeLine, TraceLine } from './lines.ts'

/** A line as it is in a file, with its end. */
export function writeLine(line: TraceLine): string {
  return line.type === 'exchange' ? writeExchange(line) : `${JSON.stringify(line)}\n`
}

/** Base64 needs no escapes, so chunks are not searched for characters that do: they are most of a line. */
function writeExchange({ chunks, ...line }: ExchangeLine): string {
  const written = chunks.map(([ms, base64]) => `[${ms},"${base64}"]`)
  return `${JSON.stringify(line).slice(0, -1)},"chunks":[${written.join(',')}]}\n`
}
