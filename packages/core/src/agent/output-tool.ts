import type { Json } from '../contract/json.ts'
import { type OutputSpec, outputToolName } from '../contract/output.ts'
import type { Tool } from '../contract/tool.ts'

/** The tool that takes the output in mode `tool`: it checks the output and does nothing else. */
export function outputTool(spec: OutputSpec): Tool {
  const check = async (input: Json) => await spec.parse(input)
  return {
    name: outputToolName,
    description: 'Takes the final answer. Call it once, when you have the whole answer, instead of answering in text.',
    inputSchema: spec.schema,
    effect: 'read',
    repeatable: true,
    needsApproval: false,
    validate: async (input) => {
      const checked = await check(input)
      return checked.ok ? { ok: true } : checked
    },
    run: async (input) => {
      const checked = await check(input)
      return checked.ok ? { status: 'ok', text: 'The answer is accepted.' } : { status: 'invalid-input', text: checked.message }
    },
  }
}
