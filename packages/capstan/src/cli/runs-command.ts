import {
  type Approval,
  approve,
  decide,
  deny,
  type Journal,
  type Json,
  type ListedStatus,
  type OutcomeAnswer,
  openQuestions,
  type PendingQuestion,
  Session,
} from '@capstan/core'
import { checkJournal } from './check-journal.ts'
import { loadAgent } from './choose-agent.ts'
import { CommandLine, UsageError } from './command-line.ts'
import { describeListed, describeRun, listedLine } from './describe-saved.ts'
import { exitCodes } from './exit-codes.ts'
import type { Host } from './host.ts'
import { isPostgres, openJournal, openSessions } from './open-journal.ts'
import { readJson } from './read-json.ts'
import { recordTraces } from './record-traces.ts'
import { askedIn, askedLines } from './show-question.ts'
import { showResult } from './show-result.ts'
import { RunView } from './show-run.ts'
import { commandLine, defaultJournal, savedLines } from './show-saved.ts'
import { columnsOf } from './terminal/output.ts'
import { ShownText, say } from './terminal/shown-text.ts'

const options = {
  journal: { type: 'string' },
  sessions: { type: 'string' },
  status: { type: 'string' },
  of: { type: 'string' },
  limit: { type: 'string' },
  cursor: { type: 'string' },
  json: { type: 'boolean' },
  jsonl: { type: 'boolean' },
  quiet: { type: 'boolean' },
  agent: { type: 'string' },
  force: { type: 'boolean' },
  input: { type: 'string' },
  answer: { type: 'string' },
  'for-target': { type: 'boolean' },
  reason: { type: 'string' },
  output: { type: 'string' },
  failed: { type: 'string' },
  again: { type: 'boolean' },
  full: { type: 'boolean' },
  trace: { type: 'string' },
  'grace-seconds': { type: 'string' },
} as const

interface Job {
  readonly host: Host
  /** The folder of the journal, or its connection string without a password. */
  readonly journalName: string
  readonly journal: Journal
  readonly line: CommandLine<typeof options>
  readonly runId: string
  readonly questionId: string | undefined
}

interface Command {
  /** The options of the command besides `--journal` and `--json`. */
  readonly takes: readonly (keyof typeof options)[]
  readonly words: number
  run(job: Job): Promise<number>
}

const commands: Readonly<Record<string, Command>> = {
  list: { takes: ['status', 'of', 'limit', 'cursor'], words: 0, run: list },
  show: { takes: ['full'], words: 1, run: show },
  approve: { takes: ['input', 'answer', 'for-target'], words: 2, run: (job) => answer(job, approval(job)) },
  deny: { takes: ['reason'], words: 2, run: (job) => answer(job, deny(job.line.text('reason'))) },
  outcome: { takes: ['output', 'failed', 'again'], words: 2, run: (job) => answer(job, outcome(job)) },
  resume: { takes: ['agent', 'sessions', 'force', 'jsonl', 'quiet', 'full', 'trace', 'grace-seconds'], words: 1, run: resume },
}

/** `capstan runs`: lists and shows recorded runs, answers their questions and resumes them. */
export async function runsCommand(words: readonly string[], host: Host): Promise<number> {
  const line = new CommandLine(words, options)
  const [name = 'list', runId = '', questionId] = line.words
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) throw new UsageError(`there is no command 'runs ${name}'. The commands are ${Object.keys(commands).join(', ')}.`)
  const accepted: readonly string[] = ['journal', 'json', ...command.takes]
  const other = line.given.find((option) => !accepted.includes(option))
  if (other !== undefined) throw new UsageError(`runs ${name} does not have the option --${other}.`)
  line.refuseWordsBeyond(command.words + 1, `runs ${name}`)
  if (runId === '' && command.words > 0) throw new UsageError(`runs ${name} needs the id of a run: capstan runs list`)
  const location = line.text('journal') ?? defaultJournal
  await checkJournal(location)
  const { journal, name: journalName } = openJournal(location, { force: line.flag('force') })
  return await command.run({ host, journalName, journal, line, runId, questionId })
}

const statuses: readonly ListedStatus[] = ['finished', 'limit', 'paused', 'unusable', 'unfinished', 'broken']

async function list({ host, journalName, journal, line }: Job): Promise<number> {
  const [status, limit] = [line.oneOf('status', statuses), line.number('limit', { least: 1, most: 1_000 })]
  const [agent, cursor] = [line.text('of'), line.text('cursor')]
  const options = { ...(status && { status }), ...(limit && { limit }), ...(agent !== undefined && { agent }), ...(cursor !== undefined && { cursor }) }
  const page = await journal.list(options)
  const runs = page.runs.map(describeListed)
  if (line.flag('json')) write(host, [ShownText.json({ runs, ...(page.cursor !== undefined && { cursor: page.cursor }) }, 2)])
  else {
    const more = page.cursor === undefined ? [] : [say`There are more: --cursor ${page.cursor}`]
    write(host, runs.length === 0 ? [say`No runs in ${journalName}.`] : [...runs.map(listedLine), ...more])
  }
  return exitCodes.finished
}

async function show({ host, journalName, journal, line, runId }: Job): Promise<number> {
  const saved = await journal.read(runId)
  const view = { runId, journal: journalName, output: host.stdout, isFull: line.flag('full') }
  write(host, line.flag('json') ? [ShownText.json({ ...describeRun(saved), ...saved }, 2)] : savedLines(saved, view))
  return exitCodes.finished
}

async function answer({ host, journalName, journal, line, runId, questionId }: Job, given: Approval | OutcomeAnswer): Promise<number> {
  if (questionId === undefined)
    throw new UsageError(`runs ${line.words[0]} needs the id of the question: ${commandLine({ runId, journal: journalName }, ['show'])}`)
  const asked = openQuestions(await journal.read(runId)).find(({ id }) => id === questionId)
  await decide(journal, runId, { [questionId]: given })
  if (line.flag('json')) write(host, [ShownText.json({ runId, question: questionId, answer: given })])
  else
    write(host, [
      ...decidedLines(given, asked, host),
      say`To continue the run: ${commandLine({ runId, journal: journalName }, ['resume'], ['--agent FILE#NAME'])}`,
    ])
  return exitCodes.finished
}

/** Shows what was decided: for a call whose input was changed, both versions. */
function decidedLines(given: Approval | OutcomeAnswer, asked: PendingQuestion | undefined, { stdout }: Host): readonly ShownText[] {
  if (asked === undefined) return [say`This question was decided before.`]
  const room = { columns: columnsOf(stdout), lines: Number.POSITIVE_INFINITY }
  return [...askedLines(askedIn(asked), room, 'approve' in given && given.approve ? given.input : undefined).lines, say`Your answer is recorded.`]
}

function write({ stdout }: Host, lines: readonly ShownText[]): void {
  stdout.write(say`${ShownText.join(lines)}\n`)
}

function approval({ line }: Job): Approval {
  const [input, text] = [line.text('input'), line.text('answer')]
  if (line.flag('for-target') && input !== undefined) throw new UsageError('give either --for-target or --input: a changed input is approved once.')
  if (line.flag('for-target')) return approve({ forTarget: true })
  return { approve: true, ...(input !== undefined && { input: readInput(input) }), ...(text !== undefined && { answer: text }) }
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

function readInput(text: string): Json {
  try {
    return readJson(text)
  } catch (error) {
    throw new UsageError(`--input is not valid. ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function resume({ host, journalName, journal, line, runId }: Job): Promise<number> {
  const location = line.text('agent')
  if (location === undefined) throw new UsageError('runs resume needs the agent that began the run: --agent FILE#NAME')
  const output = line.outputForm()
  const agent = await loadAgent(location)
  const session = await sessionOf(journal, runId, line)
  const view = new RunView(host, { quiet: line.flag('quiet'), answers: output === 'text', full: line.flag('full') })
  const traced = await recordTraces(line.text('trace'), host.env)
  if (traced !== undefined) view.note(traced)
  return await showResult(agent.resume(runId, { journal, retryAfterText: 'restart', ...(session && { session }) }), {
    host,
    view,
    output,
    journal: journalName,
    graceMs: line.graceMs(),
  })
}

/** The session that a run belongs to. */
async function sessionOf(journal: Journal, runId: string, line: CommandLine<typeof options>): Promise<Session | undefined> {
  const { session } = (await journal.read(runId)).head
  if (session === undefined) return undefined
  const location = line.text('journal') ?? defaultJournal
  return await Session.open(openSessions(line.text('sessions') ?? (isPostgres(location) ? location : defaultSessions)), session.id)
}

/** Default folder of sessions. */
const defaultSessions = '.capstan/sessions'
