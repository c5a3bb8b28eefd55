import { outputToolName } from '../contract/output.ts'
import { checkWritten } from '../contract/output-form.ts'
import type { Tool } from '../contract/tool.ts'
import type { LoopOutput } from '../loop/loop-agent.ts'

/** The tool that takes the output in mode `tool`: it checks the output and does nothing else. */
export function outputTool({ spec, form }: LoopOutput): Tool {
  return {
    name: outputToolName,
    description: 'Takes the final answer. Call it once, when you have the whole answer, instead of answering in text.',
    inputSchema: form.schema,
    effect: 'read',
    repeatable: false,
    needsApproval: false,
    check: async (input) => {
      const parsed = await checkWritten(spec, form, input)
      return parsed.ok ? { ok: true, value: null } : parsed
    },
    run: async () => ({ status: 'ok', text: 'The answer is accepted.' }),
  }
}
