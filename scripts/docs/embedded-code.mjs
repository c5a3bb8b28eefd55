// Code blocks of Markdown pages that are copies of files which tests run.
//   <!-- code: examples/one-tool.ts -->              the complete file
//   <!-- code: examples/one-tool.ts#tool+agent -->   regions of it, with a blank line between them
// A region begins with the line `// region NAME` and ends with `// endregion`. Regions may be inside of each other, and names may repeat:
// the parts of one name are joined.
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { projectFiles, readText, root } from '../project-files.mjs'

const marker = /^(<!-- code: (\S+?)(?:#(\S+))? -->\n+```\w+\n)[\s\S]*?^```$/gm
const anyMarker = /^ {0,3}<!-- code:/gm
const regionLine = /^\s*(?:\/\/|#) (?:region (\S+)|endregion)$/

/**
 * A page with the code that its markers name.
 *
 * @param {string} page
 * @returns {{ text: string, problems: string[] }}
 */
export function embedCode(page) {
  /** @type {string[]} */
  const problems = []
  const before = readText(page)
  const blocks = [...before.matchAll(marker)]
  const text = blocks.reduceRight((rest, { 0: block, 1: head = '', 2: path = '', 3: regions, index }) => {
    const { found, problem } = codeOf(path, regions?.split('+') ?? [])
    if (problem !== undefined) problems.unshift(`${page}: ${problem}`)
    return found === undefined ? rest : `${rest.slice(0, index)}${head}${found}\n\`\`\`${rest.slice(index + block.length)}`
  }, before)
  const markers = before.match(anyMarker)?.length ?? 0
  if (markers !== blocks.length)
    problems.push(`${page}: a line '<!-- code: path#region -->' is not followed by a code block, or is not at the start of its line`)
  return { text, problems }
}

/**
 * @param {string} path
 * @param {string[]} regions
 * @returns {{ found?: string, problem?: string }}
 */
function codeOf(path, regions) {
  if (!existsSync(join(root, path))) return { problem: `takes code from ${path}, which does not exist` }
  if (!isRunByTests(path)) return { problem: `takes code from ${path}, which no test names: code of pages comes from files that tests run` }
  const parts = regionsOf(readText(path))
  const missing = regions.filter((name) => !parts.has(name))
  if (missing.length > 0) return { problem: `takes the region '${missing[0]}' from ${path}, which has ${[...parts.keys()].join(', ') || 'no regions'}` }
  const code = regions.length === 0 ? withoutMarkers(readText(path)) : regions.map((name) => parts.get(name) ?? '').join('\n\n')
  return { found: code.trim() }
}

/** @param {string} text @returns {Map<string, string>} */
function regionsOf(text) {
  /** @type {Map<string, string[]>} */
  const found = new Map()
  /** @type {string[]} */
  const open = []
  for (const line of text.split('\n')) {
    const [mark, name] = regionLine.exec(line) ?? []
    if (mark === undefined) addLine(line)
    else if (name === undefined) open.pop()
    else open.push(name)
  }
  return new Map([...found].map(([name, lines]) => [name, dedent(lines)]))

  /** A region has the lines inside of it, and one blank line where the file has blank lines before its next part. @param {string} line */
  function addLine(line) {
    for (const name of open) found.set(name, [...(found.get(name) ?? []), line])
    if (line.trim() !== '') return
    for (const [name, lines] of found) if (!open.includes(name) && lines.at(-1) !== '') lines.push('')
  }
}

/** @param {string[]} lines */
function dedent(lines) {
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length)
  return lines
    .map((line) => line.slice(Math.min(...indents)))
    .join('\n')
    .trim()
}

/** @param {string} text */
function withoutMarkers(text) {
  return text
    .split('\n')
    .filter((line) => !regionLine.test(line))
    .join('\n')
}

/** @type {Map<string, string> | undefined} */
let sources

/**
 * A test runs itself. Another file is run when a test in its folder or above, the script of a matrix, or a file that is run names it.
 *
 * @param {string} path
 * @param {readonly string[]} below Files that it would be run by.
 * @returns {boolean}
 */
function isRunByTests(path, below = []) {
  if (path.endsWith('.test.ts') || /^scripts\/(?:packed|bundling)[./]/.test(path)) return true
  sources ??= new Map(projectFiles().flatMap((file) => (/\.(?:ts|mjs)$/.test(file) ? [[file, readText(file)]] : [])))
  const name = basename(path).replace(/\.\w+$/, '')
  const names = new RegExp(`['"\`/]${name}(?:\\.\\w+)?['"\`]`)
  return [...sources].some(
    ([file, text]) => file !== path && !below.includes(file) && isNear(file, path) && names.test(text) && isRunByTests(file, [...below, path]),
  )
}

/** @param {string} file @param {string} path */
function isNear(file, path) {
  return file.startsWith('scripts/') || `${path}/`.startsWith(`${dirname(file).replace(/\/src\b.*/, '')}/`)
}
