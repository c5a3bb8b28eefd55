import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Folders and files of the workspace. */
export const paths: Readonly<Record<'root' | 'bench' | 'processes' | 'contenders' | 'results' | 'profiles' | 'data' | 'docs' | 'readme' | 'tsc', string>> = {
  root: pathOf('../../..'),
  bench: pathOf('..'),
  processes: pathOf('../processes'),
  contenders: pathOf('../contenders'),
  results: pathOf('../results'),
  profiles: pathOf('../profiles'),
  data: pathOf('../data'),
  docs: pathOf('../../../docs/performance.md'),
  readme: pathOf('../../../README.md'),
  tsc: pathOf('../../../node_modules/typescript/bin/tsc'),
}

/** The package manager of the workspace, in the form for npx. */
export function pnpmName(): string {
  const [name] = /pnpm@[\d.]+/.exec(readFileSync(`${paths.root}/scripts/bootstrap.mjs`, 'utf8')) ?? []
  if (name === undefined) throw new Error('scripts/bootstrap.mjs names no version of pnpm.')
  return name
}
