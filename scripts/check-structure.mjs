// Checks budgets and forms for which the linter has no rule.
import { finish, isTest, packageNames, projectFiles, readJson, readText, withoutComments } from './project-files.mjs'

const maxNesting = 3
const maxExampleLines = 40
/** A folder of examples that is not shared support is a complete program, of several files. */
const maxProgramLines = 150
const program = /^examples\/(?!support\/)[^/]+\//
const control = /^(?:\} )?(?:else )?(?:if|for|while|switch|try|do)\b|^\} (?:else|catch|finally)\b/
const functionStart = /=> \{$|\bfunction\b.*\{$|^(?:(?:public|private|protected|static|override|async|get|set|\*)\s*)*[#\w[\].]+(?:<.*>)?\(.*\{$|^\)[^(]*\{$/
const modelName = /\b(?:kimi-(?:k|latest|thinking)|moonshot-v\d|deepseek-(?:chat|reasoner|v\d|r\d))/

const code = projectFiles().filter((path) => /^(?:packages\/[^/]+\/(?:src|page)|scripts|examples)\/.*\.(?:ts|mjs)$/.test(path))
finish([...code.flatMap(checkNesting), ...code.flatMap(checkForm), ...packageNames().flatMap(checkTsconfig)])

/** Counts control blocks inside one function. It reads indentation, so it relies on the format check. */
function checkNesting(path) {
  const open = []
  return withoutComments(readText(path))
    .split('\n')
    .flatMap((line, index) => {
      const text = line.trim()
      if (text === '') return []
      const indent = line.length - line.trimStart().length
      while (open.length > 0 && open.at(-1).indent >= indent) open.pop()
      if (!text.endsWith('{')) return []
      open.push({ indent, kind: kindOf(text) })
      const depth = depthOf(open)
      return depth > maxNesting ? [`${path}:${index + 1}: nesting ${depth}, more than ${maxNesting}`] : []
    })
}

function kindOf(text) {
  if (control.test(text)) return 'control'
  return functionStart.test(text) ? 'function' : 'other'
}

function depthOf(open) {
  if (open.at(-1).kind !== 'control') return 0
  const inFunction = open.slice(open.findLastIndex((block) => block.kind === 'function') + 1)
  return inFunction.filter((block) => block.kind === 'control').length
}

function checkForm(path) {
  const text = readText(path)
  const bare = withoutComments(text)
  const maxLines = program.test(path) ? maxProgramLines : maxExampleLines
  const isExample = path.startsWith('examples/') && !isTest(path)
  const isIndex = /^packages\/[^/]+\/src\/index\.ts$/.test(path)
  const isShared = /^packages\/(?:core|tools|adapters)\/src\/(?!profiles\/)/.test(path) && !isTest(path)
  return [
    ...(/@ts-expect-error\s*$/m.test(text) ? [`${path}: @ts-expect-error without its reason on the same line`] : []),
    ...(isExample && linesOf(text) > maxLines ? [`${path}: more than ${maxLines} lines`] : []),
    ...(isIndex && hasCode(bare) ? [`${path}: an index holds named exports only`] : []),
    ...(isShared && modelName.test(bare) ? [`${path}: names a model; model names belong in profiles`] : []),
  ]
}

/** Lines that a reader of an example sees: the marks of regions, which pages show, do not count. */
function linesOf(text) {
  return text
    .trimEnd()
    .replace(/^\s*\/\/ (?:end)?region\b.*\n/gm, '')
    .split('\n').length
}

function hasCode(text) {
  return text.replace(/^export (?:type )?\{[^}]*\} from '[^']+'$/gm, '').trim() !== ''
}

/**
 * Tests stay out of what is published. And each referenced package has a path to its source: without it the linter
 * cannot see the types of another package, and misses promises that nobody awaits.
 */
function checkTsconfig(name) {
  const path = `packages/${name}/tsconfig.json`
  const { extends: base, exclude = [], references = [], compilerOptions = {} } = readJson(path)
  const sources = Object.values(compilerOptions.paths ?? {}).flat()
  const unmapped = references.filter((reference) => !sources.includes(`${reference.path}/src/index.ts`))
  return [
    ...(base === '../../tsconfig.base.json' ? [] : [`${path}: does not extend ../../tsconfig.base.json`]),
    ...(exclude.includes('src/**/*.test.ts') ? [] : [`${path}: does not exclude src/**/*.test.ts`]),
    ...unmapped.map((reference) => `${path}: no entry of paths leads to ${reference.path}/src/index.ts`),
  ]
}
