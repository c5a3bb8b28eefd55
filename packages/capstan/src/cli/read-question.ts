import { UsageError } from './command-line.ts'
import type { Host } from './host.ts'

/** The question of a demo without words: it needs two tools in parallel, and then a third that uses a result of the first two. */
export const demoQuestion = 'What is 18.5% of 1,240, and which date is 90 days after 2026-11-21? Then tell me the weekday of that date.'

/** The most bytes of stdin. A larger input is probably a mistake. */
const maxStdinBytes = 4 * 1_024 * 1_024

/**
 * Reads the question: the arguments, in which `-` is replaced by stdin, or stdin if there are no arguments.
 *
 * @throws {UsageError} If there is no question.
 */
export async function readQuestion(command: 'run' | 'demo', words: readonly string[], { stdin }: Pick<Host, 'stdin'>): Promise<string> {
  if (words.length === 0 && command === 'demo') return demoQuestion
  if (words.length === 0 && stdin.isTTY) throw new UsageError('There is no question. Give one in quotes: capstan run "What is 17% of 2,340?"')
  const parts = words.length === 0 ? ['-'] : words
  const piped = parts.includes('-') ? await readAll(stdin) : ''
  const question = parts
    .map((part) => (part === '-' ? piped : part))
    .join(' ')
    .trim()
  if (question === '') throw new UsageError('There is no question: the arguments and stdin are empty.')
  return question
}

async function readAll(stdin: Host['stdin']): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stdin) {
    const buffer = Buffer.from(chunk)
    bytes += buffer.length
    if (bytes > maxStdinBytes)
      throw new UsageError(`stdin has more than ${maxStdinBytes.toLocaleString('en-US')} bytes. Put a large text into a file and let the file tools read it.`)
    chunks.push(buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}
