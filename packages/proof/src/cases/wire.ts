import type { ChatSettings } from '@capstan/adapters'
import { Agent, AgentError, user } from '@capstan/core'
import { type Fault, type ScriptedReply, type Simulator, startSimulator } from '@capstan/simulator'
import { messagesOf } from '../lab/invariants.ts'
import { type ModelName, modelFor, type Observation, observe } from '../lab/observe.ts'
import type { Case, CaseOptions, Check } from './case.ts'
import { type Expected, expectedOf, type Variant, wordsOf } from './expected.ts'

/** What differs between the cases that one response of the server makes. */
export interface WireOptions extends Pick<Case, 'differs' | 'slow'> {
  /** What is struck by the fault: default some reasoning and a text. */
  readonly reply?: ScriptedReply
  readonly expected: Expected
  readonly settings?: ChatSettings
  /** Default: both. */
  readonly models?: readonly ModelName[]
  /** Looks at more of the first run. */
  readonly also?: (observation: Observation, simulator: Simulator) => readonly Check[]
}

/** A text that is long enough to break in the middle. */
export const text = 'One two three four five six seven eight nine ten.'
export const said: ScriptedReply = { reasoning: 'Let me think about this for a while.', text }
/** The text arrives as if there were no fault. */
export const intact: Expected = { is: 'ok', text }
/** A call of a tool with an effect. */
export const pays: ScriptedReply = { reasoning: 'I shall pay.', toolCalls: [{ name: 'pay_bill', input: { amount: 5 } }] }
/** What the model says when it is requested again. */
export const answered: ScriptedReply = { reasoning: 'Once more.', text: 'All good.' }

const variants: readonly Variant[] = ['generate, struck once', 'stream, struck once', 'generate, struck always']

/** Makes a case of a fault: it strikes once or always, under `generate` and under `stream`, with both families of models. */
export function wire(id: string, fault: Fault | undefined, options: WireOptions): Case {
  const { differs, slow } = options
  const data: WireData = { ...options, ...(fault !== undefined && { fault }) }
  return { id, ...(differs !== undefined && { differs }), ...(slow !== undefined && { slow }), run: (how) => runWire(data, how) }
}

interface WireData extends WireOptions {
  readonly fault?: Fault
}

async function runWire(data: WireData, { quick }: CaseOptions): Promise<readonly Check[]> {
  const models = data.models ?? (['kimi-k2-thinking', 'deepseek-chat'] as const)
  const checks: Check[] = []
  for (const model of quick ? models.slice(0, 1) : models) {
    for (const variant of quick ? variants.slice(0, 1) : variants) {
      if (variant === 'generate, struck always' && data.expected.is !== 'error' && data.expected.is !== 'empty') continue
      checks.push(...(await runVariant(data, model, variant)))
    }
  }
  return checks
}

async function runVariant(data: WireData, model: ModelName, variant: Variant): Promise<readonly Check[]> {
  const struck: ScriptedReply = { ...(data.reply ?? said), ...(data.fault !== undefined && { fault: data.fault }) }
  const isAlways = variant === 'generate, struck always'
  await using simulator = await startSimulator({ chunkDelayMs: pauseOf(data), respond: ({ index }) => (index === 0 || isAlways ? struck : answered) })
  const seen = await observe({
    server: simulator,
    mode: variant.startsWith('stream') ? 'stream' : 'generate',
    model,
    ...(data.settings !== undefined && { settings: data.settings }),
    // Where no clock is short, the limit only finds a run that hangs: a busy machine takes long for a response in many small pieces.
    ...(data.settings?.timeouts === undefined && { limitMs: 60_000 }),
  })
  const what = `${model}, ${variant}`
  const expected = expectedOf(data.expected, variant)
  const words = wordsOf(seen, data.expected)
  const problems = [...seen.problems, ...(await resendProblems(seen, model))]
  return [
    { what, expected: expected.join(' or '), seen: words, ok: expected.includes(words) },
    ...(problems.length === 0 ? [] : [{ what, expected: 'I1 to I7 hold', seen: problems.join('; '), ok: false }]),
    ...(data.also !== undefined && variant === 'generate, struck once' ? data.also(seen, simulator) : []),
  ]
}

/** Text that is to be shown before something breaks must come in a read of its own. */
function pauseOf({ expected }: WireOptions): number {
  return expected.is === 'error' && expected.shown === true ? 2 : 0
}

/** The history of any run can be sent: a strict server takes it, and a further run on it succeeds. */
export async function resendProblems(seen: Observation, model: ModelName = 'kimi-k2-thinking'): Promise<readonly string[]> {
  const messages = messagesOf(seen)
  if (messages === undefined) return AgentError.is(seen.error) && seen.error.phase === 'setup' ? [] : ['M4: no history was left']
  await using simulator = await startSimulator({ respond: () => ({ text: 'Fine.' }), strict: { requireReasoning: false } })
  try {
    const { text } = await new Agent({ model: modelFor({ server: simulator, model }) }).generate([...messages, user('Go on.')])
    return text === 'Fine.' ? [] : [`M4: the next run said '${text}'`]
  } catch (error) {
    return [`M4: the history was refused: ${String(error)}`]
  }
}
