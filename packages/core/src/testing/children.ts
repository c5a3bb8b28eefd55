import { resolveAgent } from '../agent/resolve-agent.ts'
import { approve } from '../contract/answers.ts'
import { isJsonObject, type Json } from '../contract/json.ts'
import type { Model } from '../contract/model.ts'
import type { Operation, Operations } from '../contract/operations.ts'
import type { PendingQuestion } from '../contract/result.ts'
import type { ToolEffect } from '../contract/tool.ts'
import type { Parent } from '../durability/children/child-operations.ts'
import { type Child, runChildren } from '../durability/children/run-children.ts'
import { RecordHost } from '../durability/hosts/record-host.ts'
import type { RunRecord } from '../durability/records.ts'
import { runAgents } from '../loop/children/run-agents.ts'
import type { LoopAgent } from '../loop/loop-agent.ts'
import { type LoopRun, newLoopRun } from '../loop/loop-run.ts'
import { runLoop } from '../loop/run-loop.ts'
import { QuestionIds } from '../loop/state/question-ids.ts'
import { tick } from './runs.ts'
import { call, modelOf, replyEvent } from './scripted-model.ts'
import { testTool } from './test-tool.ts'

/** The names of the tools that each step of a child calls; then it answers. */
export type Steps = readonly (readonly ('look' | 'book' | 'ship' | 'pay')[])[]

/** The calls of each step of a model. */
export type CallSteps = readonly (readonly ReturnType<typeof call>[])[]

const tools: Readonly<Record<string, { readonly effect: ToolEffect; readonly needsApproval?: boolean }>> = {
  look: { effect: 'read' },
  book: { effect: 'idempotent' },
  ship: { effect: 'once' },
  pay: { effect: 'once', needsApproval: true },
}

/** A child that runs the loop. What its tools do is added to `effects`, with the idempotency key. */
export function loopChild(index: number, steps: Steps, effects: string[]): Child<string> {
  const calls = steps.map((names, step) => names.map((name) => call(name, { step })))
  const agent = resolveAgent({ model: steppingModel(calls), tools: toolsWith(effects) })
  return {
    ...placeOf(index),
    run: async (operations) => {
      const run = loopRunOf(agent, operations, `Child ${index}.`)
      const { text, messages, stopReason } = await runLoop(run)
      return JSON.stringify([stopReason, text, messages])
    },
  }
}

/** The run of an agent on these operations, which nobody watches. */
export function loopRunOf(agent: LoopAgent, operations: Operations, input: string): LoopRun {
  const start = {
    agent,
    planned: agent.config,
    attempts: agent.attempts,
    context: undefined,
    restartAfterText: false,
    recheckGates: false,
    artifacts: undefined,
    tracers: [],
    runAgents,
  }
  return newLoopRun({ ...start, operations, show: () => {} }, [{ role: 'user', content: input }])
}

/** A child of this very code. */
export function childOf<Result>(index: number, run: Child<Result>['run']): Child<Result> {
  return { ...placeOf(index), run }
}

function placeOf(index: number): Pick<Child<unknown>, 'call' | 'name'> {
  return { call: { step: 1, index }, name: `child#${index + 1}` }
}

/** A child whose own work is two operations, with children of its own between them. */
export function nestingChild(index: number, children: readonly Child<string>[], questionIds: QuestionIds): Child<string> {
  return {
    ...placeOf(index),
    run: async (operations) => {
      await operations.perform([work('steps/1/model/1')])
      const end = await runChildren({ operations, questionIds }, children)
      await operations.perform([work('steps/2/model/1')])
      return JSON.stringify(end)
    },
  }
}

/** An operation that reads, and returns its id. */
export function work(id: string, options: Partial<Operation<Json>> = {}): Operation<Json> {
  return { id, name: 'work', effect: 'read', run: async () => id, ...options }
}

/** The tools `look`, `book`, `ship` and `pay`, one of each effect and one that is approved. What they do is added to `effects`, with the idempotency key. */
export function toolsWith(effects: string[]) {
  return Object.entries(tools).map(([name, options], order) =>
    testTool(
      name,
      async (_input, { idempotencyKey, signal }) => {
        // Bodies that were started together end in another order.
        for (let turn = order; turn < 4; turn++) await tick()
        // A process that is dead does nothing.
        signal.throwIfAborted()
        effects.push(`${name} ${idempotencyKey}`)
        return `${name} done`
      },
      options,
    ),
  )
}

/** A model that makes the calls of these steps, one step after the other, and then answers: its reply follows from the messages, as with a real model. */
export function steppingModel(steps: CallSteps, answer = `Step ${steps.length + 1}.`): Model {
  return modelOf(async function* ({ messages }) {
    const step = messages.filter(({ role }) => role === 'assistant').length
    const parts = (steps[step] ?? []).map(({ name, input }, index) => ({
      type: 'tool-call' as const,
      toolCallId: `call_${index}`,
      toolName: name,
      inputText: JSON.stringify(input),
    }))
    const text = step < steps.length ? `Step ${step + 1}.` : answer
    yield [replyEvent([{ type: 'text', text }, ...parts], { usage: { inputTokens: 10 + step, outputTokens: 5, totalTokens: 15 + step } })]
  })
}

/** A process that is killed as soon as there are so many records. */
export class DyingHost extends RecordHost {
  readonly #controller: AbortController
  readonly #killAt: number

  constructor(records: readonly RunRecord[] = [], answers: ReadonlyMap<string, Json> = new Map(), killAt = Number.POSITIVE_INFINITY) {
    const controller = new AbortController()
    super({ runId: 'r', records, answers, signal: controller.signal, emit: () => {}, room: () => undefined })
    this.#controller = controller
    this.#killAt = killAt
  }

  override write(records: readonly RunRecord[], isDurable: boolean): Promise<void> | undefined {
    const written = super.write(records, isDurable)
    if (this.records.length >= this.#killAt) this.kill()
    return written
  }

  kill(): void {
    this.#controller.abort(new Error('killed'))
    this.abort(this.#controller.signal.reason)
  }
}

/** The parent of children on a host, whose run has begun. */
export async function parentOn(operations: Operations): Promise<Parent & { readonly questionIds: QuestionIds }> {
  await operations.perform([{ id: 'start', name: 'start', effect: 'read', run: async () => ({ random: 'of-the-root' }) }])
  const questionIds = new QuestionIds()
  questionIds.begin('of-the-root')
  return { operations, questionIds }
}

/** What a person says who approves, and who looks at what happened before saying what became of a call. */
export function answerOf({ position, about }: PendingQuestion, effects: readonly string[]): Json {
  if (!isJsonObject(about) || about['type'] !== 'outcome') return { ...approve() }
  const effect = `${String(about['toolName'])} r/${position.replace(/\/outcome\/\d+$/, '')}`
  return effects.includes(effect) ? { output: `${String(about['toolName'])} done` } : { repeat: true }
}
