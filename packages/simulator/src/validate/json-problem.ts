import { parseJson } from '../json.ts'

/** Whose words a JSON parser's error is in: Python's `json`, nlohmann's JSON for C++, or nobody's. */
export type JsonParser = 'python' | 'nlohmann' | 'none'

/**
 * What a server's own JSON parser says of a text; `undefined` when the text is JSON.
 * The forms are theirs, the place is the end of the text, where most broken arguments break.
 *
 * @see https://github.com/python/cpython/blob/main/Lib/json/decoder.py
 * @see https://json.nlohmann.me/home/exceptions/#jsonexceptionparse_error101
 */
export function jsonProblem(text: string, parser: JsonParser): string | undefined {
  // vLLM takes an empty text for an empty object, and so do the others.
  if (text === '' || parseJson(text) !== undefined) return undefined
  const end = text.length
  const isOpenString = (text.replace(/\\./g, '').match(/"/g) ?? []).length % 2 === 1
  switch (parser) {
    case 'python':
      if (isOpenString) return `Unterminated string starting at: line 1 column ${text.lastIndexOf('"') + 1} (char ${text.lastIndexOf('"')})`
      if (!/^\s*[{["]/.test(text)) return 'Expecting value: line 1 column 1 (char 0)'
      return `Expecting ',' delimiter: line 1 column ${end + 1} (char ${end})`
    case 'nlohmann': {
      const expected = isOpenString ? 'invalid string: missing closing quote' : "unexpected end of input; expected '}'"
      return `[json.exception.parse_error.101] parse error at line 1, column ${end + 1}: syntax error while parsing ${isOpenString ? 'value' : 'object'} - ${expected}`
    }
    case 'none':
      return 'not JSON'
  }
}
