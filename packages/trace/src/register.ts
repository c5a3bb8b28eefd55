import { setProcessTracer } from '@capstan/core/internal'
import { traceTo } from './recorder/trace-to.ts'

// For `CAPSTAN_TRACE=folder node --import @capstan/trace/register app.js`: the only file of this package that does something when it is imported.
const folder = process.env['CAPSTAN_TRACE'] ?? ''
if (folder === '')
  process.emitWarning('CAPSTAN_TRACE is not set, so nothing is recorded. Set it to a folder.', { type: 'CapstanWarning', code: 'trace-failed' })
else register(folder)

/** A program must not fail to start because its runs cannot be recorded. */
function register(path: string): void {
  try {
    setProcessTracer(traceTo(path))
  } catch (error) {
    process.emitWarning(error instanceof Error ? error.message : String(error), { type: 'CapstanWarning', code: 'trace-failed' })
  }
}
