// A support desk: node examples/dist/support-desk/main.js [--port 4100] [--folder support-desk-data] [--crash-demo]
import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { crashDemo } from './crash-demo.ts'
import { startDesk } from './start-desk.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: process.env['PORT'] ?? '4100' },
    folder: { type: 'string', default: process.env['DESK_FOLDER'] ?? 'support-desk-data' },
    'crash-demo': { type: 'boolean', default: false },
  },
})

if (values['crash-demo']) {
  await crashDemo()
} else {
  mkdirSync(values.folder, { recursive: true, mode: 0o700 })
  const options = { port: Number(values.port), folder: values.folder, databaseUrl: process.env['DATABASE_URL'] }
  const desk = await startDesk(options).catch((error: Error & { readonly code?: string }) => {
    console.error(error.code === 'EADDRINUSE' ? `Port ${options.port} is in use. Choose another one: --port 4200` : error)
    process.exit(1)
  })
  console.log(`The support desk is at http://127.0.0.1:${desk.port}/
For a second person use http://localhost:${desk.port}/ : browsers keep another login for it.
Data: ${desk.store}. Model: ${desk.model}. Process: ${process.pid}.`)
  // The first signal lets runs reach a safe point; they continue when the desk starts again. The second one ends the process.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void desk.close())
}
