import { type Approval, approve, decide, deny, type Journal, type Json, type OutcomeAnswer, openQuestions } from '@capstan/core'
import { fileJournal } from '@capstan/durable'
import { loadAgent } from './choose-agent.ts'
import { CommandLine, UsageError } from './command-line.ts'
import { exitCodes } from './exit-codes.ts'
import type { Host } from './host.ts'
import { showResult } from './show-result.ts'
import { RunView } from './show-run.ts'
import { describeRun, listedText, shownText } from './show-saved.ts'

const options = {
  journal: { type: 'string' },
  json: { type: 'boolean' },
  jsonl: { type: 'boolean' },
  quiet: { type: 'boolean' },
  agent: { type: 'string' },
  force: { type: 'boolean' },
  input: { type: 'string' },
  answer: { type: 'string' },
  reason: { type: 'string' },
  output: { type: 'string' },
  failed: { type: 'string' },
  again: { type: 'boolean' },
} as const

interface Job {
  readonly host: Host
  readonly folder: string
  readonly journal: Journal
  readonly line: CommandLine<typeof options>
  readonly runId: string
  readonly questionId: string | undefined
}

interface Command {
  /** Options beside `--journal` and `--json`. */
  readonly takes: readonly (keyof typeof options)[]
  readonly words: number
  run(job: Job): Promise<number>
}

const commands: Readonly<Record<string, Command>> = {
  list: { takes: [], words: 0, run: list },
  show: { takes: [], words: 1, run: show },
  approve: { takes: ['input', 'answer'], words: 2, run: (job) => answer(job, approval(job)) },
  deny: { takes: ['reason'], words: 2, run: (job) => answer(job, deny(job.line.text('reason'))) },
  outcome: { takes: ['output', 'failed', 'again'], words: 2, run: (job) => answer(job, outcome(job)) },
  resume: { takes: ['agent', 'force', 'jsonl', 'quiet'], words: 1, run: resume },
}

/** `capstan runs`: lists and shows recorded runs, answers their questions and resumes them. */
export async function runsCommand(words: readonly string[], host: Host): Promise<number> {
  const line = new CommandLine(words, options)
  const [name = 'list', runId = '', questionId] = line.words
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) throw new UsageError(`there is no command 'runs ${name}'. The commands are ${Object.keys(commands).join(', ')}.`)
  const accepted: readonly string[] = ['journal', 'json', ...command.takes]
  const other = line.given.find((option) => !accepted.includes(option))
  if (other !== undefined) throw new UsageError(`runs ${name} does not take --${other}.`)
  line.refuseWordsBeyond(command.words + 1, `runs ${name}`)
  if (runId === '' && command.words > 0) throw new UsageError(`runs ${name} needs the id of a run: capstan runs list`)
  const folder = line.text('journal') ?? '.capstan/runs'
  return await command.run({ host, folder, journal: fileJournal(folder, { force: line.flag('force') }), line, runId, questionId })
}

async function list({ host, folder, journal, line }: Job): Promise<number> {
  const listed = await journal.list()
  const runs = await Promise.all(listed.map(async ({ runId, changedAt }) => describeRun(await journal.read(runId), changedAt)))
  if (line.flag('json')) host.stdout.write(`${JSON.stringify(runs, undefined, 2)}\n`)
  else host.stdout.write(runs.length === 0 ? `No runs in ${folder}.\n` : listedText(runs))
  return exitCodes.finished
}

async function show({ host, journal, line, runId }: Job): Promise<number> {
  const saved = await journal.read(runId)
  if (line.flag('json')) host.stdout.write(`${JSON.stringify({ ...describeRun(saved), ...saved }, undefined, 2)}\n`)
  else host.stdout.write(shownText(saved))
  return exitCodes.finished
}

async function answer({ host, journal, line, runId, questionId }: Job, given: Approval | OutcomeAnswer): Promise<number> {
  const question = questionId ?? onlyQuestion(runId, openQuestions(await journal.read(runId)))
  await decide(journal, runId, { [question]: given })
  if (line.flag('json')) host.stdout.write(`${JSON.stringify({ runId, question, answer: given })}\n`)
  else host.stdout.write(`Decided: ${question}. To continue the run: capstan runs resume ${runId} --agent FILE#NAME\n`)
  return exitCodes.finished
}

function onlyQuestion(runId: string, pending: ReturnType<typeof openQuestions>): string {
  const [first, ...others] = pending
  if (first === undefined) throw new UsageError(`The run '${runId}' has no pending question.`)
  if (others.length > 0) throw new UsageError(`The run '${runId}' has several pending questions; name one: ${pending.map(({ id }) => id).join(', ')}`)
  return first.id
}

function approval({ line }: Job): Approval {
  const [input, text] = [line.text('input'), line.text('answer')]
  return { ...(input === undefined ? approve() : approve(readJson(input))), ...(text !== undefined && { answer: text }) }
}

function outcome({ line }: Job): OutcomeAnswer {
  const [output, failed] = [line.text('output'), line.text('failed')]
  const given: readonly OutcomeAnswer[] = [
    ...(output === undefined ? [] : [{ output }]),
    ...(failed === undefined ? [] : [{ failed }]),
    ...(line.flag('again') ? [{ repeat: true } as const] : []),
  ]
  const [only] = given
  if (only === undefined || given.length > 1) throw new UsageError('runs outcome needs one of --output TEXT, --failed TEXT and --again.')
  return only
}

function readJson(text: string): Json {
  try {
    // JSON.parse returns JSON.
    return JSON.parse(text) as Json
  } catch (error) {
    throw new UsageError(`--input is not valid JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function resume({ host, journal, line, runId }: Job): Promise<number> {
  const location = line.text('agent')
  if (location === undefined) throw new UsageError('runs resume needs the agent that began the run: --agent FILE#NAME')
  const output = line.outputForm()
  const agent = await loadAgent(location)
  const view = new RunView(host, { quiet: line.flag('quiet'), answers: output === 'text' })
  const run = agent.resume(runId, { journal, retryAfterText: 'restart' })
  const release = host.onInterrupt(() => run.abort(new Error('interrupted')))
  try {
    return await showResult(run, { output, view, stdout: host.stdout, modelId: agent.name })
  } finally {
    release()
  }
}
