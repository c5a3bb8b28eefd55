import { type Answers, approve, deny, type PendingQuestion } from 'capstan'
import { LineReader } from './line-reader.ts'
import { showCall } from './show-call.ts'
import { wrapLine } from './wrap-line.ts'

export interface Terminal {
  /** Shows each call completely, and asks. Only the word yes approves it; the end of the input denies it. */
  ask(questions: readonly PendingQuestion[]): Promise<Answers>
  close(): void
}

/**
 * Asks a person in the terminal, or through a pipe with one answer on each line.
 *
 * @param options.root - The folder that `fileChanges` changes: changes of a file are shown as the lines that differ.
 */
export function askInTerminal({ root }: { readonly root: string }): Terminal {
  const reader = new LineReader()
  const { stdin, stdout } = process

  async function askOne({ about }: PendingQuestion): Promise<Answers[string]> {
    const lines = await showCall(about, root)
    const rows = lines.flatMap((line) => wrapLine(line, stdout.columns || 80))
    stdout.write(`\n${rows.join('\n')}\nRun it? (yes, or the reason why not) `)
    const answer = (await reader.next())?.trim()
    // In a pipe nobody sees the answer.
    if (!stdin.isTTY) stdout.write(`${answer ?? 'no answer'}\n`)
    return answer === 'yes' ? approve() : deny(answer || undefined)
  }

  return {
    async ask(questions) {
      const answers: Record<string, Answers[string]> = {}
      for (const question of questions) answers[question.id] = await askOne(question)
      return answers
    },
    close: () => reader.close(),
  }
}
