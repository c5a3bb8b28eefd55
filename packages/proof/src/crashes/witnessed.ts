import { deepStrictEqual } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Witness } from '@capstan/test-kit'

/** How often something happened outside of the journal. */
export function countOf(outside: Witness, start: string): number {
  return outside.read().filter((line) => line.startsWith(start)).length
}

/** The tool under test had one effect, and there were two requests: the run up to its question. */
export function happenedOnce(outside: Witness): void {
  deepStrictEqual([countOf(outside, 'effect work'), countOf(outside, 'model')], [1, 2], outside.read().join(', '))
}

export async function waitFor(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (await condition()) return
    await sleep(20)
  }
  throw new Error('Waited for something that did not happen.')
}
