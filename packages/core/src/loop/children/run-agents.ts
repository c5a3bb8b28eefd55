import { AgentError } from '../../contract/errors.ts'
import type { RunEventBody } from '../../contract/events.ts'
import { withLabels } from '../../contract/labels.ts'
import type { ResolvedLimits } from '../../contract/limits.ts'
import { user } from '../../contract/messages.ts'
import type { Operation } from '../../contract/operations.ts'
import type { RunResult } from '../../contract/result.ts'
import { locateEvent } from '../../durability/children/locate-event.ts'
import { type Child, runChildren } from '../../durability/children/run-children.ts'
import { makeOperationId } from '../../durability/operation-ids.ts'
import type { ToolCallOutput } from '../../durability/records.ts'
import { asAgentError } from '../../support/as-agent-error.ts'
import { resultOf } from '../end-run.ts'
import { keepResult } from '../keep-result.ts'
import { type AgentAnswer, type DelegatedCall, type LoopRun, leftMs, newLoopRun, type RunAgents } from '../loop-run.ts'
import { identityOf } from '../result-part.ts'
import { runLoop } from '../run-loop.ts'
import { withError } from '../run-tool.ts'
import { ShownStep } from '../shown-step.ts'
import { type ChildAgent, childAgentOf } from './child-agent.ts'
import { answerOf, failureOf } from './child-answer.ts'
import { answerLabels, flowOfChild } from './child-flow.ts'
import { divideLimits } from './child-limits.ts'

/** Runs the agents that answer calls of one step, side by side. Returns the questions that people have to answer first. */
export const runAgents: RunAgents = async (run, delegated) => {
  const limitsOf = divideLimits(
    run,
    delegated.map(({ tool }) => requireAgent(tool)),
  )
  const children = delegated.map((call) => childOf(run, call, limitsOf(requireAgent(call.tool))))
  const { questionIds, operations, ledger } = run
  const end = await runChildren({ operations, questionIds, onRound: (outcomes) => ledger.addBatchTime(outcomes) }, children, run.config.toolCallConcurrency)
  if (end.pending !== undefined) return { pending: end.pending }
  return { answers: await recordResults(run, delegated, end.ends.map(endOf)) }
}

/** How the run of a child ended. */
interface ChildEnd {
  readonly child: LoopRun
  readonly result: RunResult
  /** What broke it. */
  readonly error?: AgentError
}

/** A child that runs the loop. */
function childOf(run: LoopRun, { step, index, tool, prompt }: DelegatedCall, limits: ResolvedLimits): Child<ChildEnd> {
  const { agent } = requireAgent(tool)
  const place = { call: { step, index }, name: run.children.nameNext(tool.name) }
  const shown = new ShownStep()
  const locate = (event: RunEventBody): RunEventBody => {
    if (!('path' in event)) shown.track(event)
    return locateEvent(event, place)
  }
  const { context, recheckGates, artifacts, tracers, show } = run
  const inherited = { context, recheckGates, artifacts, tracers, runAgents }
  return {
    ...place,
    locate,
    run: async (operations) => {
      const child = newLoopRun(
        {
          ...inherited,
          agent,
          planned: { ...agent.config, limits, flow: flowOfChild(run.config, agent) },
          operations,
          show: (event) => show(locate(event)),
          attempts: agent.attempts,
          // Its text is not the answer of the run, so nothing is lost when it starts again.
          restartAfterText: true,
          child: { parent: run, call: place.call, result: identityOf(run, place.call)?.id, path: [...(run.child?.path ?? []), place.name], shown },
        },
        [user(prompt)],
      )
      run.children.begin(child)
      return await drive(child)
    },
  }
}

// A failure is the result of the call. A child that is closed as the run pauses, stops or is aborted fails too, and nobody reads its end.
async function drive(child: LoopRun): Promise<ChildEnd> {
  try {
    return { child, result: await runLoop(child) }
  } catch (thrown) {
    return { child, result: resultOf(child, { stopReason: 'failed' }), error: asAgentError(thrown) }
  } finally {
    child.clock.end()
  }
}

function endOf(settled: PromiseSettledResult<ChildEnd>): ChildEnd {
  if (settled.status === 'rejected') throw settled.reason
  return settled.value
}

/** Records the results of the calls, and what became of the children. */
async function recordResults(run: LoopRun, delegated: readonly DelegatedCall[], ends: readonly ChildEnd[]): Promise<readonly AgentAnswer[]> {
  for (const { child, result, error } of ends) {
    const { status, stopReason } = result
    run.children.end(child, { status, stopReason, ...(error && { error }) })
  }
  const outcomes = await run.operations.perform(ends.map((end, position) => resultOperation(run, delegated[position], end)))
  run.ledger.addBatchTime(outcomes)
  return ends.map(({ child }, position) => {
    const outcome = outcomes[position]
    if (outcome?.status !== 'done') throw new AgentError('The result of a call has no outcome.', { code: 'internal', phase: 'loop' })
    const { output, replayed, at } = outcome
    return { output, ms: output.agentMs ?? 0, replayed, at, child }
  })
}

function resultOperation(run: LoopRun, call: DelegatedCall | undefined, { child, result, error }: ChildEnd): Operation<ToolCallOutput> {
  if (call === undefined) throw new RangeError('Each end is that of a call.')
  const { step, index, id: key, part, tool } = call
  const { toolCallId, toolName } = part
  return {
    id: makeOperationId({ type: 'result', step, index }),
    name: `result ${toolName}`,
    effect: 'read',
    run: async (context) => {
      const agentMs = child.ledger.activeMs
      const answer = error === undefined ? answerOf(result) : failureOf(result, error)
      const given = withLabels(answer, answerLabels(child, answer))
      const output = await keepResult(run, { tool, identity: identityOf(run, call), output: given, keepMs: leftMs(run) }, context)
      if (error !== undefined) run.notes.keepToolError({ key, toolCallId, toolName, error })
      const { complete: _, ...shown } = output
      context.emit(withError({ type: 'tool-end', step, key, toolCallId, toolName, ...shown, ms: agentMs }, error))
      return { ...output, agentMs }
    },
  }
}

/** @throws {AgentError} `state-mismatch` for a tool that had an agent behind it when the run was recorded, and has none now. */
function requireAgent(tool: DelegatedCall['tool']): ChildAgent {
  const behind = childAgentOf(tool)
  if (behind !== undefined) return behind
  const message = `The saved state does not fit this agent: an agent answered the tool '${tool.name}', and there is none behind it now. Continue it with the agent that made it.`
  throw new AgentError(message, { code: 'state-mismatch', phase: 'loop' })
}
