import { parseRunArguments } from './arguments.ts'
import { chooseAgent } from './choose-agent.ts'
import type { Host } from './host.ts'
import { readQuestion } from './read-question.ts'
import { showResult } from './show-result.ts'
import { RunView } from './show-run.ts'
import { ShownText, say } from './terminal/shown-text.ts'

/** `capstan run` and `capstan demo`: one question, one answer, an exit code. */
export async function runCommand(command: 'run' | 'demo', words: readonly string[], host: Host): Promise<number> {
  const args = parseRunArguments(command, words)
  const question = await readQuestion(command, args.words, host)
  const { agent, note, close } = await chooseAgent({ command, args, env: host.env })
  const view = new RunView(host, { quiet: args.quiet, answers: args.output === 'text', full: args.full })
  try {
    if (note !== undefined) view.note(note, 'yellow')
    if (command === 'demo' && args.words.length === 0) view.note(say`Question: ${question}`, 'bold')
    const run = agent.stream(question, await recording(args))
    if (args.journal !== undefined) view.note(say`· run ${ShownText.shell(run.runId)}, recorded in ${ShownText.shell(args.journal)}`)
    return await showResult(run, { host, view, output: args.output, journal: args.journal, graceMs: args.graceMs })
  } finally {
    await close()
  }
}

async function recording({ journal, runId }: ReturnType<typeof parseRunArguments>) {
  if (journal === undefined) return {}
  const { fileJournal } = await import('@capstan/durable')
  return { journal: fileJournal(journal), ...(runId !== undefined && { runId }) }
}
