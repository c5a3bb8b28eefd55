import type { IncomingMessage } from 'node:http'

/** A request body: complete, or what was received before it was too large or the client disconnected. */
export interface ReadBody {
  readonly text: string
  readonly end: 'complete' | 'too-large' | 'gone'
}

/** Reads a body up to a limit. The promise is never rejected. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<ReadBody> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    let size = 0
    let tooLarge = false
    const settle = (end: ReadBody['end']): void => resolve({ text: Buffer.concat(pieces).toString('utf8'), end })
    request.on('data', (piece: Buffer) => {
      size += piece.length
      tooLarge ||= size > maxBytes
      // The rest of a body that is too large is read and discarded, so that the client can read the response.
      if (!tooLarge) pieces.push(piece)
    })
    request.once('end', () => settle(tooLarge ? 'too-large' : 'complete'))
    request.once('error', () => settle('gone'))
    request.once('close', () => settle('gone'))
  })
}
