import type { Tool } from '@capstan/core'
import type { RunArguments } from './arguments.ts'

/** The tools that `run`, `demo` and `chat` offer, less those that were opted out of. */
export async function stockTools({ tools, root }: RunArguments): Promise<readonly Tool[]> {
  const groups = await Promise.all([
    tools.calculator ? import('@capstan/tools/calculator').then(({ calculator }) => [calculator]) : [],
    tools.dates ? import('@capstan/tools/dates').then(({ dates }) => dates) : [],
    tools.files ? import('@capstan/tools/files').then(({ files }) => files({ root })) : [],
  ])
  return groups.flat()
}
