import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Text of a file, its path given from the root. */
export const readText = (path) => readFileSync(join(root, path), 'utf8')
export const readJson = (path) => JSON.parse(readText(path))

/** Names of the folders below `packages`. */
export function packageNames() {
  const entries = readdirSync(join(root, 'packages'), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory() && existsSync(join(root, 'packages', entry.name, 'package.json'))).map((entry) => entry.name)
}

/** Paths from the root, with `/`, of all files that are or would be committed. */
export function projectFiles() {
  try {
    const output = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8', stdio: 'pipe' })
    const files = output.split('\0').filter((path) => path !== '' && existsSync(join(root, path)))
    if (files.length > 0) return files
  } catch {
    // Not a clone, or no git: an unpacked archive is walked instead.
  }
  return walk('')
}

function walk(folder) {
  const skipped = new Set(['.git', 'node_modules', 'dist', 'coverage'])
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !skipped.has(entry.name))
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      return entry.isDirectory() ? walk(path) : [path]
    })
}

export const isTest = (path) => path.endsWith('.test.ts') || path.includes('/src/testing/')

/** The same lines without comments that are alone on their lines. */
export function withoutComments(text) {
  const blank = (comment) => comment.replace(/[^\n]/g, '')
  return text.replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, blank).replace(/^[ \t]*\/\/.*$/gm, blank)
}

/** Ends a check: prints the problems and fails, or prints nothing. */
export function finish(problems) {
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length > 0 ? 1 : 0
}
