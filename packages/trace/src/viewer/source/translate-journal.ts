import {
  type FinishedEvent,
  finishedEvents,
  type Json,
  type JsonObject,
  type Prices,
  type RunRecord,
  type SavedRun,
  toolCallsOf,
  type Usage,
} from '@capstan/core'
import { addUsage, costOf, isJsonObject, parseOperationId } from '@capstan/core/internal'
import type { PageLine, QuestionLine, SeenEvent } from '../lines.ts'

type Done = Extract<RunRecord, { readonly type: 'done' }>
type Position = NonNullable<ReturnType<typeof parseOperationId>>
type MessageEnd = Extract<FinishedEvent, { readonly type: 'message-end' }>

/** Turns the records of a run into lines for the page. With more records, the lines before them stay as they are. */
export function translateJournal(saved: SavedRun): readonly PageLine[] {
  return new JournalTranslator(saved).lines()
}

/** An agent at work, as far as its records were read. */
interface Agent {
  readonly path: readonly string[]
  prices: Prices | undefined
  usage: Usage
  step: number
  /** The newest message, and when the newest record ended. */
  message: MessageEnd | undefined
  at: number | undefined
  isStepOpen: boolean
}

class JournalTranslator {
  readonly #saved: SavedRun
  readonly #finished: ReadonlyMap<string, FinishedEvent>
  readonly #agents = new Map<string, Agent>()
  readonly #questions = new Map<string, QuestionLine>()
  #seq = 0

  constructor(saved: SavedRun) {
    this.#saved = saved
    this.#finished = new Map(finishedEvents(saved).map((event) => [event.operation, event]))
  }

  lines(): readonly PageLine[] {
    const { head, records } = this.#saved
    const first: PageLine = { type: 'run', runId: head.runId, source: 'journal', ...(head.agent !== undefined && { agent: head.agent }), input: head.input }
    return [first, ...records.flatMap((record) => this.#translate(record))]
  }

  #translate(record: RunRecord): readonly PageLine[] {
    switch (record.type) {
      case 'done':
        return this.#done(record)
      case 'question': {
        const { id, about, askedAt } = record
        return [this.#question(id, { about, askedAt })]
      }
      case 'answer': {
        const { id, answer, at } = record
        return [this.#question(id, { answer, ...(at !== undefined && { answeredAt: at }) })]
      }
      case 'end':
        return this.#end(record)
      default:
        return []
    }
  }

  #done(record: Done): readonly PageLine[] {
    const position = parseOperationId(record.id)
    if (position === undefined) return []
    const agent = this.#agentOf(record.id, position)
    if (record.at !== undefined) agent.at = record.at
    switch (position.type) {
      case 'start':
        return this.#start(record, agent)
      case 'model':
      case 'summary':
        return this.#request(record, position, agent)
      case 'call':
      case 'result':
        return this.#call(record, position, agent)
      default:
        return []
    }
  }

  #start({ output, at }: Done, agent: Agent): readonly PageLine[] {
    const config = isJsonObject(output) && isJsonObject(output['config']) ? output['config'] : {}
    const models = Array.isArray(config['models']) ? config['models'].filter(isJsonObject) : []
    const prices = models.map((model) => JSON.stringify(model['prices'] ?? null))
    // Which model of a chain replied is not recorded with its reply, so the cost is known only if all have the same prices.
    if (new Set(prices).size === 1) agent.prices = (models[0]?.['prices'] ?? undefined) as unknown as Prices | undefined
    if (agent.path.length > 0) return []
    const { runId, agent: name = 'run' } = this.#saved.head
    const { instructions } = config
    const run: readonly PageLine[] = typeof instructions === 'string' ? [{ type: 'run', runId, source: 'journal', instructions }] : []
    return [...run, this.#event({ type: 'run-start', step: 0, agent: name, model: String(models[0]?.['id'] ?? '') }, agent, at)]
  }

  #request({ id, output, at, ms }: Done, position: Position & { readonly type: 'model' | 'summary' }, agent: Agent): readonly PageLine[] {
    const end = this.#finished.get(id)
    const closed = position.type === 'model' ? this.#closeStep(agent) : []
    const step = end?.step ?? (position.step === 'closing' ? agent.step + 1 : position.step)
    const { attempt } = position
    const model = end?.type === 'message-end' ? (modelIn(output) ?? 'request') : 'request'
    const reason = position.type === 'summary' ? 'summary' : attempt === 1 ? 'first' : 'retry'
    const begun = this.#event({ type: 'attempt', step, attempt, model, reason }, agent, at === undefined ? undefined : at - ms)
    if (end?.type === 'message-end') return [...closed, begun, this.#message(end, agent, at)]
    const error = isJsonObject(output) && isJsonObject(output['error']) ? output['error'] : undefined
    if (error === undefined) return [...closed, begun]
    const delayMs = isJsonObject(output) && typeof output['retryInMs'] === 'number' ? output['retryInMs'] : 0
    return [...closed, begun, this.#event({ type: 'step-retry', step, attempt, delayMs, error: error as never }, agent, at)]
  }

  #message(end: MessageEnd, agent: Agent, at: number | undefined): PageLine {
    agent.step = end.step
    agent.message = end
    agent.isStepOpen = true
    agent.usage = addUsage(agent.usage, end.usage)
    const { message, finishReason, usage, ms, step } = end
    return this.#event({ type: 'message-end', step, message, finishReason, usage, ms }, agent, at)
  }

  #call({ id, at, ms, output }: Done, { step, index }: Position & { readonly type: 'call' | 'result' }, agent: Agent): readonly PageLine[] {
    const end = this.#finished.get(id)
    const call = agent.message === undefined ? undefined : toolCallsOf(agent.message.message)[index]
    const key = end?.type === 'tool-end' ? end.key : id
    const { toolName = '', toolCallId = '', inputText = '' } = call ?? {}
    const isResult = parseOperationId(id)?.type === 'result'
    const start = this.#event(
      { type: 'tool-start', step, key, toolCallId, toolName, input: parseInput(inputText) },
      agent,
      at === undefined ? undefined : at - ms,
    )
    // An agent answers it: what it says is a record of its own.
    if (isJsonObject(output) && output['delegated'] === true) return [start]
    if (end?.type !== 'tool-end') return []
    const { status, text, coerced } = end
    const ended = this.#event(
      { type: 'tool-end', step, key, toolCallId, toolName, status, text, ms: end.ms, ...(coerced !== undefined && { coerced }) },
      agent,
      at,
    )
    return isResult ? [ended] : [start, ended]
  }

  #closeStep(agent: Agent): readonly PageLine[] {
    if (!agent.isStepOpen) return []
    agent.isStepOpen = false
    const cost = agent.prices === undefined ? undefined : costOf(agent.usage, agent.prices)
    return [
      this.#event({ type: 'step-end', step: agent.step, usage: { ...agent.usage, unknownAttempts: 0 }, ...(cost !== undefined && { cost }) }, agent, agent.at),
    ]
  }

  #end({ status, stopReason }: Extract<RunRecord, { readonly type: 'end' }>): readonly PageLine[] {
    const agent = this.#agentAt('', [])
    const { usage, message, at } = agent
    const isFinished = status === 'finished'
    const text = isFinished && message !== undefined ? textIn(message) : ''
    const closed = isFinished ? this.#closeStep(agent) : []
    return [...closed, this.#event({ type: 'run-end', step: 0, status, stopReason, text, usage: { ...usage, unknownAttempts: 0 }, toolCalls: 0 }, agent, at)]
  }

  #question(
    id: string,
    { askedAt, ...part }: { readonly askedAt?: number | undefined } & Partial<Pick<QuestionLine, 'about' | 'answer' | 'answeredAt'>>,
  ): QuestionLine {
    const position = parseOperationId(id)
    const { path = [], at }: Partial<Agent> = position === undefined ? {} : this.#agentOf(id, position)
    const known = this.#questions.get(id)
    // The journal keeps the time of a question only where answers expire. It is asked when what is recorded before it is done.
    const asked = known?.askedAt ?? askedAt ?? (known === undefined ? at : undefined)
    const step = position !== undefined && 'step' in position && typeof position.step === 'number' ? position.step : 0
    const line: QuestionLine = {
      about: null,
      ...known,
      ...part,
      type: 'question',
      step,
      key: id,
      ...(asked !== undefined && { askedAt: asked }),
      ...(path.length > 0 && { path }),
    }
    this.#questions.set(id, line)
    return line
  }

  #agentOf(id: string, { path = [] }: Position): Agent {
    const prefix = path.map(({ step, index }) => `${step}.${index}`).join(' ')
    const known = this.#finished.get(id)?.path
    return this.#agentAt(prefix, path.length === 0 ? [] : (known ?? this.#pathBelow(path.length, id)))
  }

  /** The names of the agents around an operation, from another one of the same agent that is finished. */
  #pathBelow(depth: number, id: string): readonly string[] {
    const own = id
      .split('/')
      .slice(0, depth * 4)
      .join('/')
    for (const [operation, { path }] of this.#finished) if (operation.startsWith(`${own}/`) && path !== undefined) return path.slice(0, depth)
    return [own]
  }

  #agentAt(prefix: string, path: readonly string[]): Agent {
    const found = this.#agents.get(prefix)
    if (found !== undefined) return found
    const agent: Agent = { path, prices: undefined, usage: {}, step: 0, message: undefined, at: undefined, isStepOpen: false }
    this.#agents.set(prefix, agent)
    return agent
  }

  #event(body: JsonObject | object, { path }: Agent, at: number | undefined): PageLine {
    this.#seq += 1
    const event = { ...body, runId: this.#saved.head.runId, seq: this.#seq, ...(path.length > 0 && { path }), ...(at !== undefined && { at }) }
    // Made by the callers above, each of which gives the fields of its type.
    return { type: 'event', event: event as unknown as SeenEvent }
  }
}

function modelIn(output: Json): string | undefined {
  const reply = isJsonObject(output) ? output['reply'] : undefined
  const response = isJsonObject(reply) ? reply['response'] : undefined
  const model = isJsonObject(response) ? response['model'] : undefined
  return typeof model === 'string' ? model : undefined
}

function textIn({ message: { content } }: MessageEnd): string {
  return typeof content === 'string' ? content : content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function parseInput(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}
