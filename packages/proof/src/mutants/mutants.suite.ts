import { postgresFolder } from '@capstan/test-kit'
import { afterAll, describe, inject, test } from 'vitest'
import { nodeFor } from '../crashes/processes.ts'
import { isNamed, quickOptions, type SuiteOptions } from '../suite/options.ts'
import { allMutants } from './all-mutants.ts'
import { Copy } from './copy.ts'
import type { Mutant } from './mutant.ts'

const options: SuiteOptions = inject('suite') ?? quickOptions

/** Why the tests of a file would be skipped on this machine. */
function missingFor(file: string): string | undefined {
  if (file.includes('/sqlite/') && nodeFor('sqlite') === undefined) return 'node:sqlite needs Node 22.13 or newer, and none was found'
  return file.includes('/postgres/') && postgresFolder() === undefined ? 'PostgreSQL is not installed' : undefined
}

describe.concurrent('a case notices', () => {
  const free: Copy[] = []
  const copies: Copy[] = []
  const passing = new Map<string, Promise<boolean>>()

  afterAll(async () => {
    for (const copy of copies) await copy[Symbol.asyncDispose]()
  })

  async function takeCopy(): Promise<Copy> {
    const copy = free.pop() ?? (await Copy.make())
    if (!copies.includes(copy)) copies.push(copy)
    return copy
  }

  /** A case that fails without a fault notices nothing. */
  async function passesWithoutFault(copy: Copy, { killer, test: file }: Mutant): Promise<boolean> {
    const key = `${file}: ${killer}`
    const known = passing.get(key) ?? copy.passes({ killer, ...(file !== undefined && { test: file }) })
    passing.set(key, known)
    return await known
  }

  for (const mutant of allMutants) {
    const { name, file, killer, test: testFile = '' } = mutant
    if (!isNamed([name, file, killer, testFile], options)) continue
    test(name, { timeout: 300_000 }, async ({ task, expect, skip }) => {
      const reason = missingFor(file)
      if (reason !== undefined) skip(reason)
      task.meta.row = { name, seen: `${file}  ${killer}` }
      const copy = await takeCopy()
      expect(await passesWithoutFault(copy, mutant), `${killer} is not ok without the fault`).toBe(true)
      await copy.plant(mutant)
      const survived = await copy.passes(mutant)
      await copy.heal(mutant)
      free.push(copy)
      expect(survived, `${killer} did not notice`).toBe(false)
    })
  }
})
