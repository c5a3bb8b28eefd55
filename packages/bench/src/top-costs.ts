import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const shownOwners = 16
const shownFunctions = 25

/** Prints where the time of profiled measurements went: self time by function, of all rounds together. */
export function printTopCosts(folder: string): void {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.jsonl'))) {
    const lines = readFileSync(join(folder, file), 'utf8').trimEnd().split('\n')
    const times = new Map<string, number>()
    for (const line of lines) {
      // A line of profile.mjs.
      for (const [name, time] of Object.entries(JSON.parse(line) as Record<string, number>)) times.set(name, (times.get(name) ?? 0) + time)
    }
    const total = [...times.values()].reduce((sum, time) => sum + time, 0)
    console.log(`\n${file.replace('.jsonl', '')}: share of the time that is not idle, by owner`)
    print(groupByOwner(times), { total, count: shownOwners })
    console.log('  by function')
    print(times, { total, count: shownFunctions })
  }
}

function print(times: ReadonlyMap<string, number>, { total, count }: { total: number; count: number }): void {
  const top = [...times].sort(([, one], [, other]) => other - one).slice(0, count)
  for (const [name, time] of top) console.log(`  ${((time / total) * 100).toFixed(1).padStart(5)} %  ${name}`)
}

/** A package, a module of Node, or the engine. */
function groupByOwner(times: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const owners = new Map<string, number>()
  for (const [name, time] of times) {
    const [, path = ''] = /^.* (\S*):\d+$/.exec(name) ?? []
    const owner =
      path === ''
        ? name.replace(/ :\d+$/, '')
        : path.startsWith('node:')
          ? path.replace(/^(node:(?:internal\/)?[^/]+).*/, '$1')
          : path.replace(/^((?:@[^/]+\/)?[^/]+).*/, '$1')
    owners.set(owner, (owners.get(owner) ?? 0) + time)
  }
  return owners
}
