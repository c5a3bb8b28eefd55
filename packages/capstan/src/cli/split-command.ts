import { UsageError } from './command-line.ts'

/**
 * Splits a command line into a program and its arguments, at blanks. Quotes and backslashes are read as by a shell; variables, patterns and
 * everything else stay as they are.
 *
 * @throws {UsageError} For a quote without an end, and for an empty command.
 */
export function splitCommand(text: string): readonly [program: string, ...args: string[]] {
  const words: string[] = []
  let rest = text.trimStart()
  while (rest !== '') {
    const word = /^(?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|[^\s'"\\])+/.exec(rest)?.[0]
    if (word === undefined) throw new UsageError(`--mcp: the command ${JSON.stringify(text)} ends inside a quote, or with a backslash.`)
    words.push(plainWord(word))
    const after = rest.slice(word.length)
    if (after !== '' && !/^\s/.test(after)) throw new UsageError(`--mcp: the command ${JSON.stringify(text)} ends inside a quote, or with a backslash.`)
    rest = after.trimStart()
  }
  const [program, ...args] = words
  if (program === undefined || program === '') throw new UsageError('--mcp takes a command, such as --mcp "npx -y a-server".')
  return [program, ...args]
}

function plainWord(word: string): string {
  return word.replace(/\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"/g, (quoted) => {
    if (quoted.startsWith('\\')) return quoted.slice(1)
    const inner = quoted.slice(1, -1)
    return quoted.startsWith('"') ? inner.replace(/\\(["\\$`])/g, '$1') : inner
  })
}
