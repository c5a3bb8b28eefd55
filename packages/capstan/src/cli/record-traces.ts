import { setProcessTracer } from '@capstan/core/internal'
import { ShownText, say } from './terminal/shown-text.ts'

/**
 * Records the runs of this command: in the file of `--trace`, or in the folder that CAPSTAN_TRACE names.
 *
 * @returns Where, for people; `undefined` when nothing is recorded.
 * @throws {AgentError} `invalid-options` for a place that cannot be written.
 */
export async function recordTraces(file: string | undefined, env: NodeJS.ProcessEnv): Promise<ShownText | undefined> {
  const { CAPSTAN_TRACE: folder = '' } = env
  if (file === undefined && folder === '') return undefined
  const { traceTo, traceToFile } = await import('@capstan/trace')
  setProcessTracer(file === undefined ? traceTo(folder) : traceToFile(file))
  return say`· trace in ${ShownText.shell(file ?? folder)}`
}
