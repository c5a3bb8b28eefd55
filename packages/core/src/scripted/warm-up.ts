import { loadLoop } from '../run/load-loop.ts'

/** Loads what the first run of a process would load, so that this run begins without reading files. */
export async function warmUp(): Promise<void> {
  await loadLoop()
}
