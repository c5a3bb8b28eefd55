import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Mutant } from './mutant.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const packages = ['core', 'adapters', 'tools', 'simulator', 'proof'] as const
const killAfterMs = 60_000

/** A copy of our own source, in which faults are planted. */
export interface Copy extends AsyncDisposable {
  /** Plants a fault and builds. @throws If its search text is not there exactly once, or what comes of it does not compile. */
  plant(mutant: Mutant): Promise<void>
  /** Takes the fault out again and builds. */
  heal(mutant: Mutant): Promise<void>
  /** Runs cases of the matrix there; true when all are ok. */
  passes(killer: Pick<Mutant, 'killer' | 'needsAll'>): Promise<boolean>
}

/** Copies the packages that a run needs, with what was built of them. */
export async function makeCopy(): Promise<Copy> {
  const folder = await mkdtemp(join(tmpdir(), 'capstan-mutants-'))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  await cp(join(root, 'tsconfig.base.json'), join(folder, 'tsconfig.base.json'))
  await mkdir(join(folder, 'packages'))
  for (const name of packages) {
    // The links to packages of ours are relative: in the copy they lead to the copy.
    await cp(join(root, 'packages', name), join(folder, 'packages', name), {
      recursive: true,
      verbatimSymlinks: true,
      preserveTimestamps: true,
      filter: (path) => basename(path) !== 'durable',
    })
  }
  const original = (mutant: Mutant): Promise<string> => readFile(join(root, mutant.file), 'utf8')
  const build = (mutant: Mutant): Promise<number> => run(folder, [join(root, 'node_modules/typescript/bin/tsc'), '-b', `packages/${mutant.file.split('/')[1]}`])
  return {
    plant: async (mutant) => {
      const text = await original(mutant)
      const count = text.split(mutant.search).length - 1
      if (count !== 1) throw new Error(`its search text is there ${count} times`)
      await writeFile(
        join(folder, mutant.file),
        text.replace(mutant.search, () => mutant.replace),
      )
      // A planted fault may leave something unused: what counts is that JavaScript comes of it.
      await build(mutant)
    },
    heal: async (mutant) => {
      await writeFile(join(folder, mutant.file), await original(mutant))
      if ((await build(mutant)) !== 0) throw new Error('the copy does not compile any more')
    },
    passes: async ({ killer, needsAll }) =>
      (await run(folder, [
        join(folder, 'packages/proof/dist/faults.js'),
        '--json',
        '--seed',
        '1',
        '--sound',
        '--only',
        killer,
        ...(needsAll === true ? [] : ['--quick']),
      ])) === 0,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

async function run(cwd: string, command: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, command, { cwd, stdio: 'ignore', timeout: killAfterMs, killSignal: 'SIGKILL' })
  const [status] = (await once(child, 'close')) as [number | null]
  return status ?? -1
}
