import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeFor } from '../crashes/processes.ts'
import type { Mutant } from './mutant.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const files = ['tsconfig.base.json', 'vitest.config.ts', 'package.json']
const killAfterMs = 60_000

type Killer = Pick<Mutant, 'killer' | 'test' | 'needsAll'>

/** A copy of our own source, in which faults are planted. */
export class Copy implements AsyncDisposable {
  readonly #folder: string
  /** Packages whose source changed since they were built. */
  readonly #unbuilt = new Set<string>()

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Copies the packages with what was built of them. */
  static async make(): Promise<Copy> {
    const folder = await mkdtemp(join(tmpdir(), 'capstan-mutants-'))
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    for (const name of files) await cp(join(root, name), join(folder, name))
    await mkdir(join(folder, 'packages'))
    for (const name of await readdir(join(root, 'packages'))) {
      // Nothing depends on the benchmarks, which hold a lot.
      if (name === 'bench') continue
      // The links between packages are relative: in the copy they lead to the copy.
      await cp(join(root, 'packages', name), join(folder, 'packages', name), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
    }
    return new Copy(folder)
  }

  /**
   * Plants a fault.
   *
   * @throws {Error} If its search text is not there exactly once.
   */
  async plant(mutant: Mutant): Promise<void> {
    const { search, replace } = mutant
    const text = await sourceOf(mutant)
    const count = text.split(search).length - 1
    if (count !== 1) throw new Error(`The search text of '${mutant.name}' is in ${mutant.file} ${count} times, not once.`)
    await this.#write(
      mutant,
      text.replace(search, () => replace),
    )
  }

  /** Takes the fault out again. */
  async heal(mutant: Mutant): Promise<void> {
    await this.#write(mutant, await sourceOf(mutant))
  }

  /** Builds what changed, and runs the case or test that must notice the fault; true when it passes. */
  async passes({ killer, test, needsAll }: Killer): Promise<boolean> {
    await this.#build()
    if (test === undefined)
      return await this.#succeeds([join(this.#folder, 'packages/proof/dist/mutants/run-cases.js'), killer, ...(needsAll ? ['--all'] : [])])
    const name = killer.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    return await this.#succeeds([join(root, 'node_modules/vitest/vitest.mjs'), 'run', test, `--testNamePattern=${name}`])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #write({ file }: Mutant, text: string): Promise<void> {
    await writeFile(join(this.#folder, file), text)
    this.#unbuilt.add(`packages/${file.split('/')[1]}`)
  }

  // The types of a planted fault are not checked: it may leave something unused.
  async #build(): Promise<void> {
    if (this.#unbuilt.size === 0) return
    const isBuilt = await this.#succeeds([join(root, 'node_modules/typescript/bin/tsc'), '-b', '--noCheck', ...this.#unbuilt])
    if (!isBuilt) throw new Error(`The copy of ${[...this.#unbuilt].join(', ')} does not compile.`)
    this.#unbuilt.clear()
  }

  async #succeeds(command: readonly string[]): Promise<boolean> {
    const options = { cwd: this.#folder, stdio: 'ignore', timeout: killAfterMs, killSignal: 'SIGKILL' } as const
    // The newest Node that there is: an older one has no SQLite, and would skip what tests it.
    const child = spawn(nodeFor('sqlite') ?? process.execPath, command, options)
    const [status] = (await once(child, 'close')) as [number | null]
    return status === 0
  }
}

/** The source that a fault is planted into. */
export async function sourceOf({ file }: Pick<Mutant, 'file'>): Promise<string> {
  return await readFile(join(root, file), 'utf8')
}
