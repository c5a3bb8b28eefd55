import type { Run, RunResult } from '@capstan/core'
import { parseRunArguments } from './arguments.ts'
import { canAsk, continueByAsking } from './ask-in-terminal.ts'
import { chooseAgent } from './choose-agent.ts'
import type { Host } from './host.ts'
import type { NamedJournal } from './open-journal.ts'
import { readQuestion } from './read-question.ts'
import { recordTraces } from './record-traces.ts'
import { showResult } from './show-result.ts'
import { RunView } from './show-run.ts'
import { ShownText, say } from './terminal/shown-text.ts'

/** `capstan run` and `capstan demo`: answer one question and return an exit code. */
export async function runCommand(command: 'run' | 'demo', words: readonly string[], host: Host): Promise<number> {
  const args = parseRunArguments(command, words)
  const question = await readQuestion(command, args.words, host)
  const { agent, note, close } = await chooseAgent({ command, args, env: host.env })
  const view = new RunView(host, { quiet: args.quiet, answers: args.output === 'text', full: args.full })
  try {
    if (note !== undefined) view.note(note, 'yellow')
    if (command === 'demo' && args.words.length === 0) view.note(say`Question: ${question}`, 'bold')
    const recorded = await openNamed(args.journal)
    const traced = await recordTraces(args.trace, host.env)
    if (traced !== undefined) view.note(traced)
    // A recorded run can wait for a decision. Of another one the person at the terminal is asked.
    const isAsked = recorded === undefined && args.output === 'text' && canAsk(host)
    const run = agent.stream(question, {
      // With other outputs, whoever gets the result has its state, and can answer.
      ...(recorded === undefined && args.output === 'text' && !isAsked && { attended: false }),
      ...(recorded && { journal: recorded.journal }),
      ...(args.runId !== undefined && { runId: args.runId }),
    })
    if (recorded !== undefined) view.note(say`· run ${ShownText.shell(run.runId)}, recorded in ${ShownText.shell(recorded.name)}`)
    const next = (result: RunResult): Promise<Run | undefined> => continueByAsking(agent, result, { host, view })
    return await showResult(run, { host, view, output: args.output, journal: recorded?.name, graceMs: args.graceMs, ...(isAsked && { next }) })
  } finally {
    await close()
  }
}

async function openNamed(location: string | undefined): Promise<NamedJournal | undefined> {
  if (location === undefined) return undefined
  const { openJournal } = await import('./open-journal.ts')
  return openJournal(location)
}
