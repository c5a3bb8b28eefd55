import { type Approval, approve, decide, deny, type Journal, type Json, type OutcomeAnswer, openQuestions } from '@capstan/core'
import { fileJournal } from '@capstan/durable'
import { type ParsedArguments, parse, textIn } from './arguments.ts'
import { loadAgent } from './choose-agent.ts'
import { exitCodes } from './exit-codes.ts'
import type { Host } from './host.ts'
import { showResult } from './show-result.ts'
import { RunView } from './show-run.ts'
import { describeRun, listedText, shownText } from './show-saved.ts'
import { UsageError } from './usage-error.ts'

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

/** The commands, with the options that each takes beside `--journal` and `--json`, and how many words. */
const commands: Readonly<Record<string, { readonly takes: readonly string[]; readonly words: number; run(job: Job): Promise<number> }>> = {
  list: { takes: [], words: 0, run: list },
  show: { takes: [], words: 1, run: show },
  approve: { takes: ['input', 'answer'], words: 2, run: (job) => answer(job, approval) },
  deny: { takes: ['reason'], words: 2, run: (job) => answer(job, ({ values }) => deny(textIn(values['reason']))) },
  outcome: { takes: ['output', 'failed', 'again'], words: 2, run: (job) => answer(job, outcome) },
  resume: { takes: ['agent', 'force', 'jsonl', 'quiet'], words: 1, run: resume },
}

interface Job extends ParsedArguments {
  readonly host: Host
  readonly folder: string
  readonly journal: Journal
}

/** `capstan runs`: recorded runs, what they wait for, and going on with them. */
export async function runsCommand(words: readonly string[], host: Host): Promise<number> {
  const { values, positionals } = parse(words, options)
  const [name = 'list', ...rest] = positionals
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) throw new UsageError(`there is no command 'runs ${name}'. The commands are ${Object.keys(commands).join(', ')}.`)
  const other = Object.keys(values).find((option) => !['journal', 'json', ...command.takes].includes(option))
  if (other !== undefined) throw new UsageError(`runs ${name} takes no --${other}.`)
  if (rest.length > command.words) throw new UsageError(`runs ${name} takes no '${rest[command.words]}'.`)
  if (rest.length === 0 && command.words > 0) throw new UsageError(`runs ${name} needs the id of a run: capstan runs list`)
  const folder = textIn(values['journal']) ?? '.capstan/runs'
  return await command.run({ host, folder, journal: fileJournal(folder, { force: values['force'] === true }), values, positionals: rest })
}

async function list({ host, folder, journal, values }: Job): Promise<number> {
  const listed = await journal.list()
  const runs = await Promise.all(listed.map(async ({ runId, changedAt }) => describeRun(await journal.read(runId), changedAt)))
  if (values['json'] === true) host.stdout.write(`${JSON.stringify(runs, undefined, 2)}\n`)
  else host.stdout.write(runs.length === 0 ? `No runs in ${folder}.\n` : listedText(runs))
  return exitCodes.finished
}

async function show({ host, journal, values, positionals: [runId = ''] }: Job): Promise<number> {
  const saved = await journal.read(runId)
  if (values['json'] === true) host.stdout.write(`${JSON.stringify({ ...describeRun(saved), ...saved }, undefined, 2)}\n`)
  else host.stdout.write(shownText(saved))
  return exitCodes.finished
}

async function answer(job: Job, answerOf: (job: Job) => Approval | OutcomeAnswer): Promise<number> {
  const { host, journal, values, positionals } = job
  const [runId = '', given] = positionals
  const decision = answerOf(job)
  const question = given ?? onlyQuestion(runId, openQuestions(await journal.read(runId)))
  await decide(journal, runId, { [question]: decision })
  if (values['json'] === true) host.stdout.write(`${JSON.stringify({ runId, question, answer: decision })}\n`)
  else host.stdout.write(`Decided: ${question}. Go on with: capstan runs resume ${runId} --agent FILE#NAME\n`)
  return exitCodes.finished
}

function onlyQuestion(runId: string, open: ReturnType<typeof openQuestions>): string {
  const [first, ...others] = open
  if (first === undefined) throw new UsageError(`No question of the run '${runId}' is open.`)
  if (others.length > 0) throw new UsageError(`The run '${runId}' has several open questions; name one: ${open.map(({ id }) => id).join(', ')}`)
  return first.id
}

function approval({ values }: Job): Approval {
  const [input, text] = [textIn(values['input']), textIn(values['answer'])]
  return { ...(input === undefined ? approve() : approve(readJson(input))), ...(text !== undefined && { answer: text }) }
}

function outcome({ values }: Job): OutcomeAnswer {
  const [output, failed] = [textIn(values['output']), textIn(values['failed'])]
  const answers: readonly OutcomeAnswer[] = [
    ...(output === undefined ? [] : [{ output }]),
    ...(failed === undefined ? [] : [{ failed }]),
    ...(values['again'] === true ? [{ repeat: true } as const] : []),
  ]
  const [only] = answers
  if (only === undefined || answers.length > 1) throw new UsageError('runs outcome needs one of --output TEXT, --failed TEXT and --again.')
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

async function resume({ host, journal, values, positionals: [runId = ''] }: Job): Promise<number> {
  const place = textIn(values['agent'])
  if (place === undefined) throw new UsageError('runs resume needs the agent that began the run: --agent FILE#NAME')
  if (values['json'] === true && values['jsonl'] === true) throw new UsageError('--json and --jsonl exclude each other.')
  const output = values['json'] === true ? 'json' : values['jsonl'] === true ? 'jsonl' : 'text'
  const agent = await loadAgent(place)
  const view = new RunView(host, { quiet: values['quiet'] === true, answers: output === 'text' })
  const run = agent.resume(runId, { journal, retryAfterText: 'restart' })
  const release = host.onInterrupt(() => run.abort(new Error('interrupted')))
  try {
    return await showResult(run, { output, view, stdout: host.stdout, modelId: agent.name })
  } finally {
    release()
  }
}
