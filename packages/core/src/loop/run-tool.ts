import type { BuiltInContext } from '../artifacts/read-result-tool.ts'
import type { SearchContext, SearchOutput } from '../catalogue/search-tool.ts'
import { maxArtifactCharacters } from '../contract/artifacts.ts'
import { isBuiltInName } from '../contract/built-in-names.ts'
import { FatalToolError, ToolError } from '../contract/errors.ts'
import type { ToolEndEvent } from '../contract/events.ts'
import { copyJsonInTurns, type Json } from '../contract/json.ts'
import { withLabels } from '../contract/labels.ts'
import type { ToolStatus } from '../contract/messages.ts'
import type { Operation, OperationContext } from '../contract/operations.ts'
import type { ToolCallContext, ToolOutput } from '../contract/tool.ts'
import { makeOperationId, makeOperationKey } from '../durability/operation-ids.ts'
import type { ToolCallOutput } from '../durability/records.ts'
import { errorId } from '../support/describe.ts'
import { isGateClosedNow } from './approvals.ts'
import type { RunnableCall } from './check-calls.ts'
import { valueFor } from './check-input.ts'
import { type ChildAgent, childAgentOf } from './children/child-agent.ts'
import { keepResult } from './keep-result.ts'
import { type LoopRun, leftMs } from './loop-run.ts'
import { pinOutput } from './pin-output.ts'
import { ProgressReports } from './progress.ts'
import type { LabelledOutput } from './read-result.ts'
import { identityOf } from './result-part.ts'

/**
 * The operation that runs one call; of a call that an agent answers, the one that makes what the agent is asked.
 *
 * @param round - Number of the repetition after an unknown outcome, 0 for none; each has an operation of its own and the same idempotency key.
 */
export function toolOperation(run: LoopRun, call: RunnableCall, round: number): Operation<ToolCallOutput> {
  return {
    id: makeOperationId({ type: 'call', step: call.step, index: call.index, round }),
    name: `tool ${call.tool.name}`,
    effect: call.tool.child === undefined ? call.tool.effect : 'read',
    concurrency: run.config.toolCallConcurrency,
    run: (context) => executeCall(run, call, context),
  }
}

async function executeCall(run: LoopRun, call: RunnableCall, context: OperationContext): Promise<ToolCallOutput> {
  const { toolName, toolCallId } = call.part
  const step = run.transcript.currentStep
  const head = { step, key: call.id, toolCallId, toolName }
  const started = performance.now()
  const deadlineMs = leftMs(run) - context.waitedMs
  if (deadlineMs <= 0) {
    const output: ToolCallOutput = { status: 'skipped', text: 'Not run: the time limit of the run was reached.' }
    context.emit({ type: 'tool-end', ...head, ...output, ms: 0 })
    return output
  }
  if (call.mustHaveStarted && context.executions === 1) {
    const output: ToolCallOutput = { status: 'invalid-input', text: 'Not run: its input was not valid when it had to be approved. Send the call again.' }
    context.emit({ type: 'tool-end', ...head, ...output, ms: 0 })
    return output
  }
  if (call.gone !== undefined) {
    const output: ToolCallOutput = { status: 'unknown-tool', text: call.gone }
    context.emit({ type: 'tool-end', ...head, ...output, ms: 0 })
    return output
  }
  // Listeners get a copy: what they change in it must not reach the tool.
  context.emit({ type: 'tool-start', ...head, input: await shownInput(call.input) })
  const progress = new ProgressReports({
    room: context.room,
    show: (data) => context.emit({ type: 'tool-progress', step, key: call.id, toolName, data }),
  })
  const { error, ...settled } = await settleCall(run, call, { signal: context.signal, progress: progress.report, deadlineMs })
  const keepMs = deadlineMs - (performance.now() - started)
  const kept =
    settled.delegated === true ? settled : await keepResult(run, { tool: call.tool, identity: identityOf(run, call), output: settled, keepMs }, context)
  const output = kept.delegated === true ? kept : pinOutput(run, call, kept)
  progress.close()
  if (error !== undefined) run.notes.keepToolError({ key: call.id, toolCallId, toolName, error })
  // Its call ends with the agent.
  if (output.delegated === true) return output
  const { complete: _, references: __, pinned: ___, ...shown } = output
  context.emit(withError({ type: 'tool-end', ...head, ...shown, ms: performance.now() - started }, error))
  return output
}

// Copying an input that is nested thousands of levels deep exhausts the stack; the tool itself refuses it.
async function shownInput(input: Json): Promise<Json> {
  try {
    return await copyJsonInTurns(input)
  } catch {
    return '(nested too deep to show)'
  }
}

interface CallHost {
  readonly signal: AbortSignal
  readonly progress: (data: Json) => void
  readonly deadlineMs: number
}

// Whatever the tool does, this settles within the time that the run has left.
async function settleCall(run: LoopRun, call: RunnableCall, host: CallHost): Promise<SettledOutput> {
  const { signal, deadlineMs } = host
  try {
    const output = await run.clock.within(signal, deadlineMs, (inner) => checkAndRun(run, call, { ...host, signal: inner }))
    if (output === 'late') return { status: 'abandoned', text: 'Not finished: the time limit of the run was reached. It may have completed.' }
    return output
  } catch (error) {
    signal.throwIfAborted()
    return withLabels(failedOutput(error), call.declared?.returns ?? [])
  }
}

type SettledOutput = ToolCallOutput & Pick<ToolOutput, 'error'>

async function checkAndRun(run: LoopRun, call: RunnableCall, { signal, progress }: CallHost): Promise<SettledOutput> {
  const { part, tool, answer } = call
  const check = await valueFor(run, call)
  if (!check.ok) return { status: 'invalid-input', text: check.message }
  // The check may end after the call was abandoned. Then the tool must not start.
  signal.throwIfAborted()
  if (run.recheckGates && (await isGateClosedNow(run, call, { value: check.value, signal }))) {
    return { status: 'denied', text: 'Not run: this call needs the approval of a person now. Call it again to ask for it.' }
  }
  // The caller's context has the type that its tools ask for: `Agent<Context>` checks it. Those of the loop get what they need of the run.
  const context = (isBuiltInName(tool.name) ? builtInContext(run) : run.context) as never
  const idempotencyKey = makeOperationKey(run.operations.runId, call.id)
  const { toolCallId } = part
  const child = childAgentOf(tool)
  const limit = run.operations.version === 1 ? {} : { maxResultCharacters: maxArtifactCharacters }
  const given = { signal, context, idempotencyKey, toolCallId, progress, ...limit, ...(answer !== undefined && { answer }) }
  const output = child === undefined ? readOutput(await tool.run(check.value, given), call) : await makePrompt(child, check.value, given)
  const { coerced, references } = check
  return {
    ...output,
    ...(coerced !== undefined && coerced.length > 0 && { coerced }),
    ...(references !== undefined && { references: references.map(({ firstLines: _, characters: __, ...reference }) => reference) }),
  }
}

/** What an agent is asked, as the output of its call. */
async function makePrompt(child: ChildAgent, value: unknown, call: ToolCallContext<never>): Promise<SettledOutput> {
  const output = checkedOutput(await child.options.makePrompt(value, call))
  if (output.status !== 'ok') return output
  if (output.text.trim() === '') return { status: 'error', text: 'Not run: the prompt for the agent is empty.' }
  return { ...output, delegated: true }
}

/** Only a tool of the loop says which tools it found, and what it shows again has the labels that it had. */
function readOutput(output: ToolOutput, { tool, declared }: RunnableCall): SettledOutput {
  const checked = checkedOutput(output)
  if (!isBuiltInName(tool.name)) return withLabels(checked, declared?.returns ?? [])
  const { foundTools, labels = [] } = output as Partial<SearchOutput & LabelledOutput>
  return withLabels({ ...checked, ...(foundTools !== undefined && { foundTools }) }, labels)
}

function builtInContext(run: LoopRun): BuiltInContext & SearchContext {
  return {
    readResult: async (input) => {
      const { readResult } = await import('./read-result.ts')
      return await readResult(run, input)
    },
    searchTools: async (query, signal) => {
      const { searchTools } = await import('./search-tools.ts')
      return await searchTools(run, query, signal)
    },
  }
}

const statuses: ReadonlySet<unknown> = new Set<ToolStatus>([
  'ok',
  'error',
  'timeout',
  'abandoned',
  'invalid-input',
  'unknown-tool',
  'denied',
  'skipped',
  'fatal',
])

// A tool that is not made by `tool()` may return anything.
function checkedOutput({ status, text, error }: ToolOutput): ToolOutput {
  if (!statuses.has(status) || typeof text !== 'string') throw new TypeError('The tool returned something other than a ToolOutput: { status, text }.')
  return { status, text, ...(error !== undefined && { error }) }
}

function failedOutput(error: unknown): SettledOutput {
  if (isFatal(error)) return { status: 'fatal', text: 'The tool ended the run.', error: error.cause }
  const message = toolMessage(error)
  if (message !== undefined) return { status: 'error', text: message, error }
  return { status: 'error', text: `The tool failed for a reason that is not shown here (error id ${errorId(error)}).`, error }
}

function toolMessage(error: unknown): string | undefined {
  try {
    return ToolError.is(error) ? error.message : undefined
  } catch {
    return undefined
  }
}

// A proxy may throw at any question.
function isFatal(error: unknown): error is FatalToolError {
  try {
    return FatalToolError.is(error)
  } catch {
    return false
  }
}

/** The original error is there for listeners and absent from the event's JSON. */
export function withError(event: ToolEndEvent, error: unknown): ToolEndEvent {
  return error === undefined ? event : Object.defineProperty(event, 'error', { value: error, enumerable: false })
}
