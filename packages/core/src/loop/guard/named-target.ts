/**
 * Whether a text names a target word for word: the target must not be a part of a longer name. `example.org` is not named by `my-example.org`,
 * `example.org.evil.test` or `bob@example.org`, but by `https://example.org/page`.
 *
 * @param inTooMany - What to return for a text in which the target is a part of a thousand longer names, before anything else is looked at.
 */
export function isNamed(target: string, text: string, inTooMany = false): boolean {
  if (target.trim() === '') return false
  let left = maxMatches
  for (let start = text.indexOf(target); start !== -1; start = text.indexOf(target, start + 1)) {
    if (left-- === 0) return inTooMany
    const end = start + target.length
    if (mayPrecede(text, start, target) && mayFollow(text, end, { target, isHost: text.slice(0, start).endsWith('://') })) return true
  }
  return false
}

/** Bounds the work on a text that an attacker wrote. */
const maxMatches = 1_000

const separator = /[\s"'`“”‘’«»<>()[\]{},;|]/u
/** Scripts that put no space between words. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]/u
const foreignMark = /[^\p{ASCII}\p{L}\p{N}\p{M}]/u

function mayPrecede(text: string, start: number, target: string): boolean {
  const before = lastCharacter(text.slice(Math.max(0, start - 2), start))
  if (before === '' || isBoundary(before, target.slice(0, 2))) return true
  // After a slash only the host of a URL begins.
  return before === ':' || text.slice(0, start).endsWith('://')
}

interface Match {
  readonly target: string
  /** True behind `://`: a path, a query or a port may follow. */
  readonly isHost: boolean
}

function mayFollow(text: string, end: number, { target, isHost }: Match): boolean {
  const [after = ''] = text.slice(end, end + 2)
  if (after === '' || isBoundary(after, lastCharacter(target))) return true
  if (isHost && /^(?:[/?#]|:\d)/.test(text.slice(end, end + 2))) return true
  // A mark at the end of a sentence is not a part of a name.
  const [next = ''] = text.slice(end + 1, end + 3)
  return /[.!?:]/.test(after) && (next === '' || isBoundary(next, 'a'))
}

/** @param edge - The character of the target beside it. */
function isBoundary(character: string, edge: string): boolean {
  return separator.test(character) || foreignMark.test(character) || (unspaced.test(character) && !unspaced.test(edge))
}

function lastCharacter(text: string): string {
  return [...text].at(-1) ?? ''
}
