// An agent with the tools of an MCP server: the reference server for files, as a process. A person approves each call.
// region code
import { mcp } from '@capstan/mcp'
import { Agent, approve } from 'capstan'
// endregion
import { fileServer } from './support/file-server.ts'

const { command, folder, model, close } = await fileServer()
// region code
// Only these tools are offered, and the process gets only PATH and HOME.
const files = await mcp({ command, args: [folder] }, { name: 'files', allow: ['read_text_file', 'list_directory'] })
// endregion
console.log(files.tools.map(({ name }) => name).join(', '))

// region code
const agent = new Agent({ model, instructions: 'Answer from the notes of the user.', tools: [...files.tools] })
let result = await agent.generate('What did I note about Oslo?')
// endregion
while (result.status === 'paused' && result.state !== undefined) {
  for (const { about } of result.pending) console.log('approved:', JSON.stringify(about).includes('oslo.txt') ? 'oslo.txt' : 'something else')
  const answers = Object.fromEntries(result.pending.map(({ id }) => [id, approve()]))
  result = await agent.resume(result.state, { answers }).result
}
console.log(result.textOrThrow())

await files.close()
await close()
