import { existsSync } from 'node:fs'
import { type Agent, AgentError, type Dispatcher } from '@capstan/core'
import { checkNames, invalidOptions, kindOf, rewireAgent } from '@capstan/core/internal'
import { withoutSignatures } from '../recorder/redaction.ts'
import { rewireOptions } from '../replay/rewire-options.ts'
import { modelThrough } from './model-through.ts'
import type { Pace } from './play-exchange.ts'
import { readTape } from './read-tape.ts'
import { TapePlayer } from './tape-player.ts'
import { TapeRecording } from './tape-recording.ts'

/** Options of `openTape()`. */
export interface TapeOptions {
  /**
   * `once` (default): a tape that exists is replayed, and one that does not exist is recorded. `none`: only replay. `all`: record, over what
   * was there. Where the environment variable `CI` is set, nothing is recorded.
   */
  readonly record?: 'once' | 'none' | 'all'
  /** `at-once` (default): without pauses. `real-time`: with those of the recording, on the timers of the process, which may be fake. */
  readonly pace?: Pace
  /** Sends the requests while recording, such as a `ProxyAgent` of undici 7. Default: the agent of the model. */
  readonly dispatcher?: Dispatcher
  /** Changes bodies before they are written, and requests before they are looked up, such as names of people. Keys are removed without it. */
  readonly redact?: (text: string) => string
  /**
   * Takes out of the body of a request what varies from run to run, such as a time in the instructions or an id that your program makes:
   * `match: (body) => body.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')`. Recorded and new requests are compared as it returns them; what is
   * on the tape, and what the model gets, does not change. Default: requests are compared as they are.
   */
  readonly match?: (body: string) => string
  /**
   * Called once with what is to be done at the end of the test: `onTestFinished` of vitest, or `t.after` of `node:test`. It closes a recording, and
   * checks that a replay has used every exchange of the tape. Default: nobody calls it.
   */
  readonly after?: (finish: () => Promise<void>) => void
}

/** A file of recorded exchanges that takes the place of the network. */
export interface Tape {
  readonly file: string
  readonly mode: 'record' | 'replay'
  /** For the setting `dispatcher` of models: `evolink(id, { dispatcher: tape.dispatcher })`. While the tape replays, no key is needed. */
  readonly dispatcher: Dispatcher
  /**
   * Makes a copy of an agent whose models, and those of the agents behind its tools, use the tape. The copy has no `trace`.
   *
   * @throws {AgentError} `invalid-options` for a model that does not use HTTP.
   */
  agent<Context, Output>(agent: Agent<Context, Output>): Agent<Context, Output>
  /**
   * Checks that every exchange of a replay was asked for.
   *
   * @throws {AgentError} `unexpected-request`, with the exchanges that were not.
   */
  assertDone(): void
  /**
   * Ends a recording: only then the tape is in its file. Does nothing for a replay.
   *
   * @throws {AgentError} `invalid-trace` when the file cannot be written.
   */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const names: Readonly<Record<keyof TapeOptions, true>> = { record: true, pace: true, dispatcher: true, redact: true, match: true, after: true }
const instead = {
  mode: 'record',
  speed: 'pace',
  realTime: 'pace',
  agent: 'dispatcher',
  proxy: 'dispatcher',
  normalise: 'match',
  normalize: 'match',
  ignore: 'match',
}

/**
 * Opens a tape: HTTP exchanges of models, recorded once with a real key, and replayed byte for byte without a network. Each exchange is played
 * once, equal requests in the order in which they were made. A request that is not on the tape fails at once, and is not sent again.
 *
 * @param file - Usually `NAME.tape.jsonl`. Every trace with a tape is one.
 * @throws {AgentError} `invalid-options`; `invalid-trace` for a file that is not a tape; `invalid-use` where it would have to record and `CI` is set.
 */
export function openTape(file: string, options: TapeOptions = {}): Tape {
  checkOptions(file, options)
  const { record = 'once', after } = options
  const tape = record === 'all' || (record === 'once' && !existsSync(file)) ? recordTape(file, record, options) : replayTape(file, options)
  after?.(async () => {
    await tape.close()
    tape.assertDone()
  })
  return tape
}

function checkOptions(file: unknown, options: TapeOptions): void {
  if (typeof file !== 'string' || file === '') throw invalidOptions(`openTape() takes the path of a file, not ${kindOf(file)}.`)
  checkNames(options, { names: Object.keys(names), what: 'an option of openTape()', instead })
  const { record = 'once', pace = 'at-once' } = options
  if (!['once', 'none', 'all'].includes(record))
    throw invalidOptions(`\`record\` of openTape() must be 'once', 'none' or 'all', not ${JSON.stringify(record)}.`)
  if (!['at-once', 'real-time'].includes(pace)) throw invalidOptions(`\`pace\` of openTape() must be 'at-once' or 'real-time', not ${JSON.stringify(pace)}.`)
  for (const name of ['redact', 'match', 'after'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function') throw invalidOptions(`\`${name}\` of openTape() must be a function.`)
  }
}

function recordTape(file: string, record: 'once' | 'all', options: TapeOptions): Tape {
  if (isCI()) throw new AgentError(`${whyRecording(file, record)} Nothing is recorded where the environment variable CI is set.`, { code: 'invalid-use' })
  const recording = new TapeRecording(file, { clean: cleanerOf(options), dispatcher: options.dispatcher })
  recording.start()
  const close = (): Promise<void> => recording.close()
  return { ...tapeOn(recording.dispatcher), file, mode: 'record', assertDone: () => undefined, close, [Symbol.asyncDispose]: close }
}

function whyRecording(file: string, record: 'once' | 'all'): string {
  if (record === 'all') return `The tape ${file} is opened with \`record: 'all'\`. Use 'once' or 'none' in tests that are committed.`
  return `There is no tape ${file}. Run the test once on your own machine, with a key, and commit the file that it makes.`
}

/** Services set it to `true` or `1`. */
function isCI(): boolean {
  return !['', '0', 'false'].includes((process.env['CI'] ?? '').toLowerCase())
}

function replayTape(file: string, options: TapeOptions): Tape {
  const { pace = 'at-once', match } = options
  const player = new TapePlayer(readTape(file).exchanges, { file, pace, clean: cleanerOf(options), match })
  const close = async (): Promise<void> => undefined
  return { ...tapeOn(player), file, mode: 'replay', assertDone: () => player.assertDone(), close, [Symbol.asyncDispose]: close }
}

function tapeOn(dispatcher: Dispatcher): Pick<Tape, 'dispatcher' | 'agent'> {
  const change = rewireOptions({ model: (model) => modelThrough(model, dispatcher), tool: (tool) => tool })
  return { dispatcher, agent: (agent) => rewireAgent(agent, change) }
}

/** What becomes of a body before it is written: the recorder of traces removes signatures in the same way. */
function cleanerOf({ redact }: TapeOptions): (text: string) => string {
  return (text) => {
    const clean = withoutSignatures(text)
    return redact === undefined ? clean : redact(clean)
  }
}
