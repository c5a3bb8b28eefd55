import type { Agent, Answers, PendingQuestion, Run, RunResult } from '@capstan/core'
import { askPerson } from './ask-person.ts'
import type { Host } from './host.ts'
import type { RunView } from './show-run.ts'
import { LineReader } from './terminal/line-reader.ts'
import { say } from './terminal/shown-text.ts'

/** True when a person can read a question and type an answer. */
export function canAsk({ stdin, stderr }: Pick<Host, 'stdin' | 'stderr'>): boolean {
  return stdin.isTTY === true && stderr.isTTY === true
}

/** What is needed to ask in a terminal. */
export interface TerminalDialogue {
  readonly host: Host
  readonly view: RunView
  readonly reader: LineReader
}

/** Asks the person at the terminal about each pending question. Returns `undefined` at the end of the input. */
export async function askInTerminal(pending: readonly PendingQuestion[], { host, view, reader }: TerminalDialogue): Promise<Answers | undefined> {
  const discard = async (): Promise<void> => {
    if (await reader.discard()) view.lines([say`(What was typed before this question was discarded.)`])
  }
  const isAlone = async (): Promise<boolean> => !(await reader.discard())
  return await askPerson(pending, { view, output: host.stderr, discard, isAlone, drop: () => reader.drop(), read: (prompt) => reader.next(prompt) })
}

/** Asks the person at the terminal what a run that is paused waits for, and continues it. `undefined` when there is nothing to ask, or no answer. */
export async function continueByAsking(
  agent: Agent,
  { state, pending, stopReason }: RunResult,
  { host, view }: Omit<TerminalDialogue, 'reader'>,
): Promise<Run | undefined> {
  if (state === undefined || pending.length === 0 || stopReason === 'stopped') return undefined
  const reader = new LineReader(host, () => reader.close())
  const release = host.onStop(() => reader.close())
  try {
    const answers = await askInTerminal(pending, { host, view, reader })
    if (answers === undefined) view.lines([say`The question is not answered, so nothing was run.`])
    // Nobody else had the state, so earlier approvals count.
    return answers === undefined ? undefined : agent.resume(state, { answers, acceptAnswers: true, retryAfterText: 'restart' })
  } finally {
    reader.close()
    release()
  }
}
