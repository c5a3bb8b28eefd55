// A fresh process: imports a contender, constructs it, makes its first run, and reports what each took.
import { argv } from 'node:process'
import { expectationOf, toolDescription, toolName, toolSchema } from './scripts.mjs'

const { contender: path, origin, script, schemaKind } = JSON.parse(argv[2] ?? '{}')
const expected = expectationOf(script)
const tool = { name: toolName, description: toolDescription, schema: toolSchema }
const mebibyte = 1024 * 1024
const rssBefore = process.memoryUsage.rss()
const cpuBefore = process.cpuUsage()
const started = performance.now()
const { create } = await import(path)
let calls = 0
const execute = async () => `result ${++calls}`
const subject = await create({ baseURL: `${origin}/${script}/v1`, apiKey: 'bench-key', tool, mode: 'plain', schemaKind, execute })
const constructed = performance.now()
const { user, system } = process.cpuUsage(cpuBefore)
const rss = process.memoryUsage.rss()
const text = await subject.run('Do all the work.', () => {})
const ended = performance.now()
if (text !== expected.text || calls !== expected.calls) throw new Error(`${path} did not do the work.`)
process.send?.({
  report: {
    constructMs: constructed - started,
    constructCpuMs: (user + system) / 1_000,
    firstRunMs: ended - constructed,
    throughFirstRunMs: ended - started,
    addedMb: (rss - rssBefore) / mebibyte,
  },
})
process.disconnect?.()
process.exit()
