// Stands beside a node_modules of its own: everything here is of the second copy.
import { evolink } from '@capstan/adapters'
import { Agent, AgentError, fatal, type Model, type Tool, ToolError } from '@capstan/core'
import { tool } from '@capstan/tools'
import { z } from 'zod'

export const copies = { AgentError }

export const greet: Tool = tool({ name: 'greet', description: 'Greets.', inputSchema: z.object({ name: z.string() }), execute: ({ name }) => `Hello ${name}.` })

export const failing: Tool = tool({
  name: 'failing',
  description: 'Fails.',
  inputSchema: z.object({ how: z.enum(['told', 'fatal']) }),
  execute: ({ how }) => {
    throw how === 'told' ? new ToolError('For the model.') : fatal(new Error('For the caller.'))
  },
})

export function otherModel(baseURL: string): Model {
  return evolink('deepseek-chat', { baseURL, apiKey: 'sk-test' })
}

export function otherAgent(model: Model, tools: readonly Tool[]): Agent {
  return new Agent({ model, tools })
}
