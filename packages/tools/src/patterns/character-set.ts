/** A set of characters: code points, or UTF-16 units. */
export interface CharacterSet {
  has(code: number): boolean
}

/** The set of one character. */
export function literalSet(character: string): CharacterSet {
  const own = character.codePointAt(0)
  return { has: (code) => code === own }
}

/**
 * The set of characters that a part of a regular expression matches: a class, an escape or a dot. A RegExp of this part decides about one
 * character at a time, which takes constant time.
 */
export function makeSet(source: string, flags: string): CharacterSet {
  let expression: RegExp | undefined
  const known = new Int8Array(128)
  const ask = (code: number): boolean => {
    expression ??= new RegExp(`^(?:${source})$`, flags)
    return expression.test(String.fromCodePoint(code))
  }
  return {
    has(code) {
      if (code >= 128) return ask(code)
      if (known[code] === 0) known[code] = ask(code) ? 1 : -1
      return known[code] === 1
    },
  }
}
