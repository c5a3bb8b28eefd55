// One contender in a process of its own. It receives one action at a time over IPC and reports raw numbers.
import { argv } from 'node:process'
import { burst, countSteps, measure, soak, twoBursts, warmUp } from './measurements.mjs'
import { profiled } from './profile.mjs'
import { expectationOf, toolDescription, toolName, toolSchema } from './scripts.mjs'

const { contender: path, origin, script, mode, schemaKind, resultBytes = 20, profile } = JSON.parse(argv[2] ?? '{}')
const { create, settings } = await import(path)

const expected = expectationOf(script)
const result = 'r'.repeat(resultBytes)
const counts = { calls: 0, text: '', deltas: 0 }
/** Called with each tool call. */
const watch = { onCall: () => {} }

const subject = await create({
  baseURL: `${origin}/${script}/v1`,
  apiKey: 'bench-key',
  tool: { name: toolName, description: toolDescription, schema: toolSchema },
  mode,
  schemaKind,
  execute: async ({ step, text }) => {
    if (typeof step !== 'number' || typeof text !== 'string') throw new Error('The tool was not called with its arguments.')
    counts.calls++
    watch.onCall()
    return result
  },
})

const onText = () => {
  counts.deltas++
}

/** One run with a check of its text, so that no contender can leave work out. */
async function run() {
  const text = await subject.run('Do all the work.', onText)
  if (text !== expected.text) throw new Error(`The text of ${path} is not the one that was sent: ${JSON.stringify(text).slice(0, 200)}`)
}

const actions = { warmUp, measure, burst, twoBursts, countSteps, soak }

process.on('message', async ({ action, options }) => {
  try {
    counts.calls = 0
    counts.deltas = 0
    const work = () => actions[action]({ ...options, run, watch })
    const report = profile && action !== 'warmUp' ? await profiled(profile, work) : await work()
    if (counts.calls !== report.runs * expected.calls)
      throw new Error(`${path} made ${counts.calls} calls in ${report.runs} runs, not ${expected.calls} in each.`)
    process.send?.({ report: { ...report, calls: counts.calls, deltas: counts.deltas } })
  } catch (error) {
    process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
})
process.on('disconnect', () => {
  subject?.close()
  process.exit()
})
process.send?.({ report: { isSupported: subject !== undefined, settings } })
