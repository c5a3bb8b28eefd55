// An editor with two agents behind tools. A person approves what the writer publishes. Kill it at any moment and start it again.
//   node examples/dist/agent-team.js             begins the run, or continues it
//   node examples/dist/agent-team.js approve     decides, from any process
import { setTimeout } from 'node:timers/promises'
import { Agent, approve, asTool, decide, fileJournal, openQuestions } from 'capstan'
import { z } from 'zod'
import { teamModels } from './support/team-models.ts'
import { publish, search } from './support/team-tools.ts'

const journal = fileJournal(process.env['RUNS_FOLDER'] ?? '.capstan/runs')
const runId = 'article-1'

if (process.argv[2] === 'approve') {
  for (const { id } of openQuestions(await journal.read(runId))) await decide(journal, runId, { [id]: approve() })
} else {
  const { models, close } = await teamModels()
  const researcher = new Agent({ name: 'researcher', model: models.researcher, tools: [search] })
  const writer = new Agent({ name: 'writer', model: models.writer, tools: [publish] })
  const research = asTool(researcher, {
    name: 'research',
    description: 'Answers one question about facts.',
    input: z.object({ question: z.string() }),
    prompt: ({ question }) => question,
    limits: { steps: 5, share: 0.3 },
  })
  const write = asTool(writer, {
    name: 'write',
    description: 'Writes and publishes an article from notes.',
    input: z.object({ notes: z.string() }),
    prompt: ({ notes }) => `Write an article from these notes, and publish it: ${notes}`,
  })
  const editor = new Agent({ name: 'editor', model: models.editor, tools: [research, write], limits: { tokens: 100_000 } })
  const go = () => editor.generate('An article about tides, please.', { journal, runId })
  let result = await go()
  if (result.status === 'paused') console.log('Waiting for a decision about:', result.pending[0]?.about)
  for (; result.stopReason === 'paused'; result = await go()) await setTimeout(200)
  for (const { path, status, steps, usage } of result.children) console.log(path.join(' > '), status, `${steps.length} steps`, `${usage.totalTokens} tokens`)
  console.log(result.stopReason, result.text)
  await close()
}
