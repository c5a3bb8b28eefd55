import type { MarkedLine } from './wrap-line.ts'

/** The lines that differ: those of the former text with `-`, those of the new one with `+`, and up to two equal lines before and after with `=`. */
export function diffLines(before: string, after: string): readonly MarkedLine[] {
  const [removed, added] = [before === '' ? [] : before.split('\n'), after === '' ? [] : after.split('\n')]
  const head = countEqual(removed, added)
  const tail = countEqual(removed.slice(head).reverse(), added.slice(head).reverse())
  const marked = (mark: string, lines: readonly string[]) => lines.map((text) => ({ mark: `  ${mark} `, text }))
  return [
    ...marked('=', removed.slice(Math.max(0, head - 2), head)),
    ...marked('-', removed.slice(head, removed.length - tail)),
    ...marked('+', added.slice(head, added.length - tail)),
    ...marked('=', tail === 0 ? [] : removed.slice(-tail).slice(0, 2)),
  ]
}

function countEqual(left: readonly string[], right: readonly string[]): number {
  const differing = left.findIndex((line, index) => line !== right[index])
  return differing === -1 ? Math.min(left.length, right.length) : differing
}
