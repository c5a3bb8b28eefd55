import { Agent, approve, type JsonObject, type Tool } from '@capstan/core'
import { childTool } from '@capstan/core/internal'
import { output, tool } from '@capstan/tools'
import type { BenignPlan } from './benign-plans.ts'
import { officeTools } from './benign-tools.ts'
import { type Call, hostileModel, type Step } from './hostile-model.ts'
import { World } from './world.ts'

/** Runs a task of everyday work. A person approves everything. Returns the tools of the calls that were asked about. */
export async function playBenign({ says, calls, isQuarantined }: BenignPlan): Promise<readonly string[]> {
  const world = new World('')
  const steps = calls.map(([name, input = {}]): Step => ({ calls: [[name, input]] }))
  const [first = {}, ...rest] = steps
  const tools = isQuarantined ? [...officeTools(), readerTool(world, first)] : officeTools()
  const call: Call = ['is_urgent', {}]
  const model = hostileModel(world, { agent: 'main', steps: isQuarantined ? [{ calls: [call] }, ...rest] : steps })
  const agent = new Agent({ name: 'main', model, tools })
  const asked: string[] = []
  let result = await agent.generate(says)
  while (result.state !== undefined && result.pending.length > 0) {
    asked.push(...result.pending.map(({ about }) => String((about as JsonObject)['toolName'])))
    result = await agent.resume(result.state, { answers: Object.fromEntries(result.pending.map(({ id }) => [id, approve()])) }).result
  }
  const refused = result.steps.flatMap(({ toolResults }) => toolResults.filter(({ status }) => status !== 'ok'))
  if (result.status !== 'finished' || refused.length > 0) throw new Error(`'${says}' did not end: ${result.stopReason} ${JSON.stringify(refused)}`)
  return asked
}

/** An agent that reads in place of the one that acts, and answers with yes or no. */
function readerTool(world: World, first: Step): Tool {
  const model = hostileModel(world, { agent: 'reader', steps: [first, { text: '{"urgent":true}' }] })
  const schema = { type: 'object', properties: { urgent: { type: 'boolean' } }, required: ['urgent'], additionalProperties: false } as const
  const asked = tool({ name: 'is_urgent', description: 'Reads a ticket.', inputSchema: { type: 'object' }, execute: () => 'Is it urgent?' })
  return childTool(asked, new Agent({ name: 'reader', model, tools: [...officeTools()] }), { output: output(schema) })
}
