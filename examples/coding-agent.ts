// A coding agent corrects a program in a temporary folder. A person approves each change, and each run of the tests, in the terminal.
//   node examples/dist/coding-agent.js             shows what would change, and asks
//   yes yes | node examples/dist/coding-agent.js       approves everything; only in a script that may lose the folder
import { fileChanges, files } from '@capstan/tools/files'
import { shell } from '@capstan/tools/shell'
import { Agent } from 'capstan'
import { brokenProject } from './support/broken-project.ts'
import { codingModel } from './support/coding-model.ts'
import { askInTerminal } from './support/terminal/ask-in-terminal.ts'

const root = await brokenProject()
console.log(`The program is in ${root}`)
const { model, close } = await codingModel()
// The tests are the only program. They execute what the agent wrote, which `runsOtherCode` confirms.
const tests = shell({ root, programs: [{ path: process.execPath, arguments: [['--test']], runsOtherCode: true }] })
const agent = new Agent({
  name: 'coder',
  model,
  instructions: 'You correct programs. Read first, make the smallest change, then run the tests with run_program.',
  tools: [...files({ root }), ...fileChanges({ root }), tests],
})
const terminal = askInTerminal({ root })
let result = await agent.generate('The tests fail. Find out why, correct the program, and note the change in CHANGES.md.')
while (result.state !== undefined && result.pending.length > 0) {
  result = await agent.resume(result.state, { answers: await terminal.ask(result.pending) }).result
}
console.log(result.text)
terminal.close()
await close()
