#!/usr/bin/env node
import { ProcessHost } from './cli/host.ts'
import { main } from './cli/main.ts'

process.exitCode = await main(process.argv.slice(2), new ProcessHost())
