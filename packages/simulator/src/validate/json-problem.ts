import { parseJson } from '../json.ts'

/** The JSON parser whose message is imitated: Python's `json`, nlohmann's JSON for C++, or none. */
export type JsonParser = 'python' | 'nlohmann' | 'none'

/**
 * The message of a server's JSON parser for a text; `undefined` when the text is JSON.
 * The position in it is the end of the text, where most broken arguments break.
 *
 * @see https://github.com/python/cpython/blob/main/Lib/json/decoder.py
 * @see https://json.nlohmann.me/home/exceptions/#jsonexceptionparse_error101
 */
export function jsonProblem(text: string, parser: JsonParser): string | undefined {
  // vLLM and the others read an empty text as an empty object.
  if (text === '' || parseJson(text) !== undefined) return undefined
  const end = text.length
  const isUnterminated = (text.replace(/\\./g, '').match(/"/g) ?? []).length % 2 === 1
  switch (parser) {
    case 'python':
      if (isUnterminated) return `Unterminated string starting at: line 1 column ${text.lastIndexOf('"') + 1} (char ${text.lastIndexOf('"')})`
      if (!/^\s*[{["]/.test(text)) return 'Expecting value: line 1 column 1 (char 0)'
      return `Expecting ',' delimiter: line 1 column ${end + 1} (char ${end})`
    case 'nlohmann': {
      const expected = isUnterminated ? 'invalid string: missing closing quote' : "unexpected end of input; expected '}'"
      return `[json.exception.parse_error.101] parse error at line 1, column ${end + 1}: syntax error while parsing ${isUnterminated ? 'value' : 'object'} - ${expected}`
    }
    case 'none':
      return 'not JSON'
  }
}
