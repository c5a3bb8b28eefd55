import type { JsonObject } from '@capstan/core'
import type { Exchange, Expected, OwnExchange } from './exchange.ts'

/**
 * Reads a file of exchanges: documents separated by `---`, each with the sections `when:` (the request) and `then:` (the response).
 * This is not YAML in general, but the one form in which the cassettes of 0xPlaygrounds/rig are written. A file of another form holds
 * no exchanges.
 *
 * @throws {Error} For a document that has the sections but lacks a status, or has a body in an unknown form.
 * @see https://github.com/0xPlaygrounds/rig/tree/main/tests/cassettes
 */
export function parseExchanges(name: string, text: string): readonly Exchange[] {
  return text
    .split(/^---\n/m)
    .filter((document) => /^when:\n/m.test(document))
    .map((document, index) => parseExchange(`${name} ${index + 1}`, document))
}

/**
 * Reads an exchange of this project: the same form, with comments at the top and a third section, `expect:`, which names the model and
 * holds a JSON body with what an adapter makes of the response.
 *
 * @throws {Error} As `parseExchanges`, and when there is no request or no `expect:`.
 */
export function parseOwnExchange(name: string, text: string): OwnExchange {
  const [document = '', expect = ''] = text.split(/^expect:\n/m)
  const { request, ...exchange } = parseExchange(name, document)
  const model = /^ {2}model: (.+)$/m.exec(expect)?.[1]
  const expected = bodyOf(name, expect)
  if (request === undefined || model === undefined || expected === undefined)
    throw new Error(`${name}: \`when.body\`, \`expect.model\` or \`expect.body\` is missing.`)
  // The files are part of this package, and the tests that read them compare every field.
  return { ...exchange, request, model, expected: JSON.parse(expected) as Expected }
}

function parseExchange(name: string, document: string): Exchange {
  const [when = '', then = ''] = document.split(/^then:\n/m)
  const request = bodyOf(name, when)
  const status = /^ {2}status: (\d+)$/m.exec(then)?.[1]
  if (status === undefined) throw new Error(`${name}: \`then.status\` is missing.`)
  return {
    name,
    path: /^ {2}path: (\S+)$/m.exec(when)?.[1] ?? '',
    // Requests to chat completions are JSON objects.
    request: request === undefined ? undefined : (JSON.parse(request) as JsonObject),
    status: Number(status),
    headers: Object.fromEntries([...then.matchAll(/^ +- name: (\S+)\n +value: (.*)$/gm)].map(([, header = '', value = '']) => [header.toLowerCase(), value])),
    body: bodyOf(name, then) ?? '',
  }
}

/** The body of a section: `null`, a text in single quotes, or an indented block up to the end of the section; `|-` is one without a line break at its end. */
function bodyOf(name: string, section: string): string | undefined {
  const start = /^ {2}body: ?/m.exec(section)
  if (start === null) return undefined
  const rest = section.slice(start.index + start[0].length)
  if (rest.startsWith('null')) return undefined
  if (rest.startsWith("'")) return /^'((?:[^']|'')*)'/.exec(rest)?.[1]?.replaceAll("''", "'")
  if (!rest.startsWith('|')) throw new Error(`${name}: a body in an unknown form: ${rest.slice(0, 20)}`)
  const block = rest.slice(rest.indexOf('\n') + 1).replace(/^ {4}/gm, '')
  return rest.startsWith('|-') ? block.trimEnd() : block
}
