import type { Json } from '../json.ts'
import { type Binding, bindTools, inputFrom } from './bind-tools.ts'
import { matchTools, type SuggestedCall } from './match-tools.ts'
import { type CallResult, callKey, type OfflineRequest, type OfflineTool } from './read-request.ts'
import { blankOut, type Task, type TaskKind, type TaskValues } from './task.ts'
import { finders, taskKinds } from './task-kinds.ts'

/** One call of the plan, and what is known of it. */
export interface PlannedCall {
  /** `undefined` for a call that words or parameters suggested. */
  readonly kind: TaskKind | undefined
  readonly tool: OfflineTool
  /** `undefined` while it waits for an earlier result, and when that result failed or does not exist. */
  readonly input: Json | undefined
  readonly values: TaskValues
  readonly phrase: string
  readonly reason: string
  readonly result: CallResult | undefined
}

const CLAUSE_END =
  /(?<=[.?!;。？！；])\s{1,4}(?=\S)|(?<=[。？！；])|,?\s{1,4}(?:and )?then\s{1,4}|,\s{1,4}and\s{1,4}(?:also\s{1,4})?|\s{1,4}and\s{1,4}(?=(?:read|open|list|search|find|show|tell|count|convert|multiply|divide|add|subtract|what|which|how)\b)|\n+/i

/** A tool that takes the final reply, such as those that ask for structured output. */
export function isFinishTool({ name, description }: OfflineTool): boolean {
  return (
    /^(?:final_?(?:answer|output|result|response)|submit(?:_\w+)?|respond|answer|output|json|structured_output|return_result)$/i.test(name) ||
    /\bfinal (?:answer|output|result|response)\b/i.test(description)
  )
}

/**
 * All calls for what the user asks, from the first word to the last, with the results that exist.
 * Each request is planned again from its messages, so that the plan depends on nothing else.
 */
export function makePlan(request: OfflineRequest): readonly PlannedCall[] {
  const bindings = bindTools(request.tools)
  const bound = new Set([...bindings.values()].map(({ tool }) => tool))
  const free = request.tools.filter((tool) => !bound.has(tool) && !isFinishTool(tool))
  const plan: PlannedCall[] = []
  for (const clause of request.asked.split(CLAUSE_END)) {
    const { tasks, rest } = findTasks(clause, bindings)
    for (const { task, binding } of tasks) plan.push(planTask(task, binding, { request, earlier: plan }))
    plan.push(...matchTools(rest, free).map((call) => planCall(call, rest, request)))
  }
  const keys = plan.map(({ tool, input }) => (input === undefined ? undefined : callKey({ name: tool.name, input })))
  return plan.filter((_, index) => keys[index] === undefined || keys.indexOf(keys[index]) === index)
}

/** A call that the words or its parameters suggest. */
export function planCall({ tool, input, reason }: SuggestedCall, phrase: string, request: OfflineRequest): PlannedCall {
  return { kind: undefined, tool, input, values: {}, phrase: phrase.trim(), reason, result: resultOf(tool, input, request) }
}

interface BoundTask {
  readonly task: Task
  readonly binding: Binding
}

/** The tasks of a clause for which there is a tool, in the order of the words, and the words that are left. */
function findTasks(clause: string, bindings: ReadonlyMap<TaskKind, Binding>): { readonly tasks: readonly BoundTask[]; readonly rest: string } {
  let rest = clause
  const tasks: BoundTask[] = []
  for (const find of finders) {
    const found = find(rest).flatMap((task): readonly BoundTask[] => {
      const binding = bindings.get(task.kind)
      return binding !== undefined && knowsToday(binding, task) ? [{ task, binding }] : []
    })
    tasks.push(...found)
    rest = found.reduce((text, { task }) => blankOut(text, [task]), rest)
  }
  return { tasks: tasks.sort((left, right) => left.task.start - right.task.start), rest }
}

/** The rules have no clock: only a tool whose description or schema has the word can be asked for "today" or "now". */
function knowsToday({ tool }: Binding, { values }: Task): boolean {
  const said = `${tool.description} ${JSON.stringify(tool.schema)}`
  return Object.values(values).every((value) => (value !== 'today' && value !== 'now') || new RegExp(`\\b${value}\\b`, 'i').test(said))
}

interface PlanSoFar {
  readonly request: OfflineRequest
  readonly earlier: readonly PlannedCall[]
}

function planTask({ kind, phrase, values }: Task, { tool, parameters }: Binding, soFar: PlanSoFar): PlannedCall {
  const { reason, output } = taskKinds[kind]
  const base = { kind, tool, phrase, reason, values, input: undefined, result: undefined }
  const written = JSON.stringify(values)
  const needed = written.includes('{number}') ? 'number' : written.includes('{date}') ? 'date' : undefined
  const known = needed === undefined ? '' : lookUp(needed, soFar)
  if (known === undefined) return base
  const replace = (value: string | number): string | number => (typeof value === 'string' ? value.replace(/\{(?:number|date)\}/g, known) : value)
  const complete = Object.fromEntries(Object.entries(values).map(([role, value]) => [role, replace(value)]))
  const input = inputFrom(complete, parameters)
  const result = resultOf(tool, input, soFar.request)
  // An output without the form of a result is an error, whatever its words are.
  const isError = result?.output.isError === true || !output.test(result?.output.summary ?? '')
  return { ...base, input, values: complete, result: result && { ...result, output: { ...result.output, isError } } }
}

/** What "that date" or "the result" means: the output of the last earlier task that gives one, or else the last result of the history. */
function lookUp(needed: 'number' | 'date', { request, earlier }: PlanSoFar): string | undefined {
  const giver = earlier.findLast(({ kind }) => kind !== undefined && taskKinds[kind].gives === needed) ?? earlier.findLast(({ kind }) => kind === undefined)
  if (giver !== undefined && giver.result === undefined) return undefined
  const results = giver?.result === undefined ? request.results : [giver.result]
  return results.findLast(({ output }) => !output.isError && output[needed] !== undefined)?.output[needed]
}

function resultOf({ name }: OfflineTool, input: Json, { results }: OfflineRequest): CallResult | undefined {
  const key = callKey({ name, input })
  return results.findLast((result) => callKey(result) === key)
}
