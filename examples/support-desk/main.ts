// A support desk: node examples/dist/support-desk/main.js [--port 4100] [--folder support-desk-data] [--crash-demo]
import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { crashDemo } from './crash-demo.ts'
import { type RunningDesk, type StartOptions, startDesk } from './start-desk.ts'

const usage = `npm run support-desk -- [options]
  --port N       where it listens on 127.0.0.1; default 4100; 0: a free port
  --folder DIR   for its data; default support-desk-data
  --crash-demo   kills a desk in the middle of a refund, and counts refunds`

if (process.argv.includes('--help')) {
  console.log(usage)
  process.exit(0)
}
const values = readOptions()

if (values['crash-demo']) {
  await crashDemo()
} else {
  const options = { port: Number(values.port), folder: values.folder, databaseUrl: process.env['DATABASE_URL'] }
  const desk = await start(options).catch((error: Error & { readonly code?: string }) => {
    console.error(error.code === 'EADDRINUSE' ? `Port ${options.port} is in use. Choose another one: --port 4200` : `The desk cannot start: ${error.message}`)
    process.exit(1)
  })
  // The first signal lets runs reach a safe point; they continue when the desk starts again. The second one ends the process.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void desk.close())
  console.log(`The support desk is at http://127.0.0.1:${desk.port}/
For a second person use http://localhost:${desk.port}/ : browsers keep another login for it.
Data: ${desk.store}. Model: ${desk.model}. Process: ${process.pid}.`)
}

function readOptions(): { readonly port: string; readonly folder: string; readonly 'crash-demo': boolean } {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: process.env['PORT'] ?? '4100' },
        folder: { type: 'string', default: process.env['DESK_FOLDER'] ?? 'support-desk-data' },
        'crash-demo': { type: 'boolean', default: false },
      },
    })
    if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535)
      throw new Error(`The port must be a number up to 65535, not ${JSON.stringify(values.port)}.`)
    return values
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}

async function start(options: StartOptions): Promise<RunningDesk> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 })
  return await startDesk(options)
}
