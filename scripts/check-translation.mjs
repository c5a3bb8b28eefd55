// Compares the structure of README.md and its translation: headings, tables, code and links. What the sentences say, people compare.
import { finish, readText } from './project-files.mjs'

const original = 'README.md'
const translation = 'README.zh-CN.md'
const fence = /^```(\w*)\n([\s\S]*?)^```$/gm
// Comments and strings may be translated.
const parts = /(^\s*#.*$|\s+# .*$|\s*\/\/ .*$)|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)/gm

const [english, chinese] = [readText(original), readText(translation)]
finish(
  [...compare('heading', headingsOf), ...compare('table row', rowsOf), ...compare('link', linksOf), ...compareCode()].map(
    (problem) => `${translation}: ${problem}`,
  ),
)

/** @param {string} what @param {(text: string) => string[]} read */
function compare(what, read) {
  const [expected, found] = [read(english), read(chinese)]
  const index = Array.from({ length: Math.max(expected.length, found.length) }, (_, at) => at).find((at) => expected[at] !== found[at])
  if (index === undefined) return []
  return [`${what} ${index + 1} is ${found[index] ?? 'missing'}, and in ${original} it is ${expected[index] ?? 'missing'}`]
}

/** @param {string} text */
function headingsOf(text) {
  return [...prose(text).matchAll(/^(#{1,6}) /gm)].map(([, level = '']) => `of level ${level.length}`)
}

/** Cells of each row, with the heading of its table. @param {string} text */
function rowsOf(text) {
  return prose(text)
    .split('\n')
    .flatMap((line) =>
      line.startsWith('|') ? [`one of ${line.replace(/\\\||`[^`]*`/g, '').split('|').length - 2} cells`] : line.startsWith('#') ? ['a heading'] : [],
    )
}

/** In the order of their targets: sentences may have another order. The pages link to each other. @param {string} text */
function linksOf(text) {
  const targets = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets.map((target) => (target === original || target === translation ? 'to the other language' : `to ${target}`)).sort()
}

/** @param {string} text */
function prose(text) {
  return text.replace(fence, '')
}

function compareCode() {
  const [expected, found] = [english, chinese].map((text) => [...text.matchAll(fence)].map(([, language = '', code = '']) => ({ language, code })))
  if (expected === undefined || found === undefined) return []
  if (expected.length !== found.length) return [`has ${found.length} blocks of code, and ${original} has ${expected.length}`]
  return expected.flatMap((block, index) =>
    differenceOf(block, found[index] ?? { language: '', code: '' }).map((problem) => `code block ${index + 1}: ${problem}`),
  )
}

/** @param {{ language: string, code: string }} expected @param {{ language: string, code: string }} found */
function differenceOf(expected, found) {
  if (expected.language !== found.language) return [`is marked as ${found.language}, and not as ${expected.language}`]
  const [left, right] = [expected.code, found.code].map((code) => code.replace(parts, (_, comment) => (comment === undefined ? "''" : '')).split('\n'))
  const line = right?.findIndex((text, index) => text !== left?.[index]) ?? -1
  if (line !== -1 || left?.length !== right?.length) return [`line ${line + 1} differs: ${right?.[line] ?? 'it is missing'}`]
  const [strings, others] = [expected.code, found.code].map((code) =>
    [...code.matchAll(parts)].flatMap(([, , string]) => (string === undefined ? [] : [string])),
  )
  const changed = strings?.findIndex((text, index) => text !== others?.[index] && !/\p{Script=Han}/u.test(others?.[index] ?? '')) ?? -1
  return changed === -1 ? [] : [`the text ${others?.[changed]} is ${strings?.[changed]} in ${original}, and is not translated`]
}
