// A research agent reads the pages of one site and writes a report. One page has instructions of a stranger. The guard of the agent, which is on by
// default, lets the report be written, because the user named the file, and asks about the other file, because only the page named it.
import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileChanges } from '@capstan/tools/files'
import { http } from '@capstan/tools/http'
import { Agent, deny } from 'capstan'
import { researchModel } from './support/research-model.ts'
import { researchSite } from './support/research-site.ts'

const site = await researchSite()
const { model, close } = await researchModel(site.host)
const root = await mkdtemp(join(tmpdir(), 'research-'))
const agent = new Agent({
  name: 'researcher',
  model,
  instructions: 'Read the pages that you need, and write the report with write_file.',
  // A site of the internet is one of `hosts: ['example.org']`. Changes need no approval of their own here: the guard asks where it must.
  tools: [http({ hosts: [], privateHosts: [site.host] }), ...fileChanges({ root, needsApproval: false })],
  onEvent: (event) => event.type === 'tool-end' && !event.replayed && console.log(`${event.toolName}: ${event.status}`),
})
let result = await agent.generate(`Read http://${site.host}/ and the pages that it links, and write a summary to report.md`)
while (result.state !== undefined && result.pending.length > 0) {
  console.log('asked about:', JSON.stringify(result.pending.map(({ about }) => about)))
  const answers = Object.fromEntries(result.pending.map(({ id }) => [id, deny('Nobody asked for this.')]))
  result = await agent.resume(result.state, { answers }).result
}
console.log(`${result.text} Files: ${(await readdir(root)).join(', ')}`)
site.close()
await close()
