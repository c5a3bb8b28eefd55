import type { IncomingMessage } from 'node:http'

/** A request body: whole, or as much as came before it was too large or the client left. */
export interface ReadBody {
  readonly text: string
  readonly end: 'whole' | 'too-large' | 'gone'
}

/** Reads a body up to a limit. Never rejected. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<ReadBody> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    let size = 0
    let tooLarge = false
    const settle = (end: ReadBody['end']): void => resolve({ text: Buffer.concat(pieces).toString('utf8'), end })
    request.on('data', (piece: Buffer) => {
      size += piece.length
      tooLarge ||= size > maxBytes
      // What is over the limit is read and thrown away, so that the client can read the answer.
      if (!tooLarge) pieces.push(piece)
    })
    request.once('end', () => settle(tooLarge ? 'too-large' : 'whole'))
    request.once('error', () => settle('gone'))
    request.once('close', () => settle('gone'))
  })
}
