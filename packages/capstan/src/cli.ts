#!/usr/bin/env node
import { ProcessHost } from './cli/host.ts'
import { main, report } from './cli/main.ts'

const host = new ProcessHost()
// The code of the user's agent may throw outside of its run.
process.on('uncaughtException', (error) => process.exit(report(error, host)))
process.exitCode = await main(process.argv.slice(2), host)
// A tool that ignores its abort signal must not keep the process alive.
setTimeout(() => process.exit(), 1_000).unref()
