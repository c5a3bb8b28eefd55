import type { Label } from '../../contract/flow.ts'
import type { ToolOutput } from '../../contract/tool.ts'
import type { FlowRules } from '../../durability/records.ts'
import type { LoopAgent } from '../loop-agent.ts'
import type { LoopRun } from '../loop-run.ts'
import { hasFreeText } from './free-text.ts'

/**
 * How the calls of an agent are guarded that answers a call: as the agent says, or as those of the run that called it. Where that run asks nobody,
 * neither does this one. A run that began before there was a guard has none in its agents either.
 */
export function flowOfChild({ flow }: LoopRun['config'], { config, guard }: LoopAgent): FlowRules | undefined {
  if (flow === undefined) return undefined
  const { guard: own, tools } = config.flow ?? { guard: flow.guard, tools: {} }
  const asksNobody = flow.unattended === true || flow.guard === 'deny'
  return { rules: 1, guard: guard === undefined ? flow.guard : own, ...(asksNobody && { unattended: true }), tools }
}

/**
 * The labels of what an agent answered: those of what it had read. An output without free text is trusted, whatever the agent had read; it may
 * still tell a secret.
 */
export function answerLabels({ taint, agent, transcript: { output } }: LoopRun, { status }: ToolOutput): readonly Label[] {
  const { labels } = taint
  const { spec } = agent.output ?? {}
  if (labels.length === 0 || status !== 'ok' || spec === undefined || output === undefined || hasFreeText(spec.schema, output)) return labels
  return labels.filter((label) => label !== 'untrusted')
}
