// An agent with 1,000 tools: the model searches for the one it needs. The list that is sent has two tools of the loop.
import { Agent, tool } from 'capstan'
import { exampleModel } from './support/example-model.ts'

const services = ['billing', 'shipping', 'warehouse', 'support', 'payroll', 'travel', 'catering', 'fleet', 'legal', 'press']
const subjects = ['invoice', 'parcel', 'pallet', 'ticket', 'payslip', 'booking', 'menu', 'vehicle', 'contract', 'article']
const verbs = ['create', 'find', 'update', 'archive', 'approve', 'export', 'print', 'share', 'count', 'tag']

const tools = services.flatMap((service) =>
  subjects.flatMap((subject) =>
    verbs.map((verb) =>
      tool({
        name: `${service}_${verb}_${subject}`,
        description: `In ${service}: ${verb}s one ${subject} by its number.`,
        inputSchema: { type: 'object', properties: { number: { type: 'integer', description: `Number of the ${subject}.` } }, required: ['number'] },
        effect: 'idempotent',
        execute: ({ number }) => `${verb} ${subject} ${number} in ${service}: done.`,
      }),
    ),
  ),
)

const { model, close } = await exampleModel()
const result = await new Agent({ model, tools }).generate('Archive the vehicle number 42 of the fleet.')

for (const { toolResults } of result.steps) {
  for (const { toolName, foundTools, text } of toolResults) console.log(toolName, foundTools?.slice(0, 3) ?? text)
}
console.log(`${tools.length} tools, ${result.steps.length} steps, ${result.usage.inputTokens} tokens of input`)
await close()
