import { Agent, AgentError, type Run } from '@capstan/core'
import { parseRunArguments, type RunArguments } from './arguments.ts'
import { chooseModel } from './choose-model.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import type { Host } from './host.ts'
import { questionOf } from './question.ts'
import { RunView, writeEvents } from './show-run.ts'
import { stockTools } from './stock-tools.ts'
import { summarise } from './summary.ts'

/** `capstan run` and `capstan demo`: one question, one answer, an exit code. */
export async function runCommand(command: 'run' | 'demo', words: readonly string[], host: Host): Promise<number> {
  const args = parseRunArguments(command, words)
  const question = await questionOf(command, args.words, host)
  const chosen = await chooseModel({ args, env: host.env, offlineWithoutKey: command === 'demo' })
  const view = new RunView(host, { quiet: args.quiet, answers: args.output === 'text' })
  try {
    if (chosen.note !== undefined) view.note(chosen.note, 'yellow')
    if (command === 'demo' && args.words.length === 0) view.note(`Question: ${question}`, 'bold')
    const agent = new Agent({
      name: command,
      model: chosen.model,
      tools: await stockTools(args),
      limits: args.limits,
      ...(args.instructions !== undefined && { instructions: args.instructions }),
    })
    const run = agent.stream(question)
    const release = host.onInterrupt(() => run.abort(new Error('interrupted')))
    try {
      return await show(run, { args, view, host, modelId: chosen.model.id })
    } finally {
      release()
    }
  } finally {
    await chosen.close()
  }
}

interface Showing {
  readonly args: RunArguments
  readonly view: RunView
  readonly host: Host
  readonly modelId: string
}

async function show(run: Run, { args, view, host, modelId }: Showing): Promise<number> {
  if (args.output === 'jsonl') writeEvents(run, host.stdout)
  else view.watch(run)
  try {
    const result = await run.result
    if (args.output === 'json') host.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`)
    view.note(summarise(result, modelId))
    return exitCodeOf(result)
  } catch (error) {
    if (!AgentError.is(error)) throw error
    if (args.output === 'json') host.stdout.write(`${JSON.stringify({ error, result: error.result }, undefined, 2)}\n`)
    if (error.result !== undefined) view.note(summarise(error.result, modelId, error.code))
    view.fail(error)
    return error.code === 'aborted' ? exitCodes.aborted : exitCodes.error
  }
}
