import { Agent, type AgentOptions, type Json, type Tool, type ToolCallContext } from '@capstan/core'
import { type ReplyingModel, replyingModel } from './replying-model.ts'

export interface NoteToolOptions extends Partial<Tool> {
  /** What the tool does; its text is the output. Default: it says `done`. */
  readonly execute?: (input: Json, call: ToolCallContext) => string | Promise<string>
}

/** A tool that keeps the inputs and the idempotency keys it ran with. */
export interface NoteTool extends Tool {
  readonly inputs: Json[]
  readonly keys: string[]
}

/** Makes a tool of a few lines, without the checks of `tool()`. Its effect is `once` unless the options say otherwise. */
export function noteTool(name: string, { execute = () => 'done', ...options }: NoteToolOptions = {}): NoteTool {
  const inputs: Json[] = []
  const keys: string[] = []
  return {
    name,
    description: `Tests ${name}.`,
    inputSchema: { type: 'object' },
    effect: 'once',
    repeatable: false,
    needsApproval: false,
    check: (value) => ({ ok: true, value }),
    run: async (value, call) => {
      // `check` gives back the input, which is JSON.
      const input = value as Json
      inputs.push(input)
      keys.push(call.idempotencyKey)
      return { status: 'ok', text: await execute(input, call) }
    },
    inputs,
    keys,
    ...options,
  }
}

export interface Shop {
  readonly agent: Agent
  readonly model: ReplyingModel
  readonly look: NoteTool
  readonly pay: NoteTool
}

/** Makes an agent that looks and pays in one step, and says so in the next. A person approves the payment. */
export function shop(pay: NoteToolOptions = {}, options: Partial<AgentOptions> = {}): Shop {
  const model = replyingModel([{ text: 'One moment.', calls: ['look', ['pay', { amount: 5 }]] }, { text: 'Paid.' }])
  const tools = { look: noteTool('look', { effect: 'read' }), pay: noteTool('pay', { needsApproval: true, ...pay }) }
  return { agent: new Agent({ model, tools, ...options }), model, ...tools }
}
