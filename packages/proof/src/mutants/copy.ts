import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Mutant } from './mutant.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const packages = ['core', 'adapters', 'tools', 'simulator', 'proof']
const killAfterMs = 60_000

/** A copy of our own source, in which faults are planted. */
export class Copy implements AsyncDisposable {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Copies the packages that a run needs, with what was built of them. */
  static async make(): Promise<Copy> {
    const folder = await mkdtemp(join(tmpdir(), 'capstan-mutants-'))
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    await cp(join(root, 'tsconfig.base.json'), join(folder, 'tsconfig.base.json'))
    await mkdir(join(folder, 'packages'))
    for (const name of packages) {
      // The links between packages are relative: in the copy they lead to the copy.
      await cp(join(root, 'packages', name), join(folder, 'packages', name), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
    }
    return new Copy(folder)
  }

  /**
   * Plants a fault and builds.
   *
   * @throws {Error} If its search text is not there exactly once.
   */
  async plant(mutant: Mutant): Promise<void> {
    const { search, replace } = mutant
    const text = await sourceOf(mutant)
    const count = text.split(search).length - 1
    if (count !== 1) throw new Error(`The search text of '${mutant.name}' is in ${mutant.file} ${count} times, not once.`)
    await writeFile(
      join(this.#folder, mutant.file),
      text.replace(search, () => replace),
    )
    // A planted fault may leave something unused, which the compiler reports: it is enough that it writes JavaScript.
    await this.#build(mutant)
  }

  /** Takes the fault out again and builds. */
  async heal(mutant: Mutant): Promise<void> {
    await writeFile(join(this.#folder, mutant.file), await sourceOf(mutant))
    if ((await this.#build(mutant)) !== 0) throw new Error('The copy does not compile any more.')
  }

  /** Runs the case that must notice the fault; true when it is ok. */
  async passes({ killer, needsAll }: Pick<Mutant, 'killer' | 'needsAll'>): Promise<boolean> {
    const script = join(this.#folder, 'packages/proof/dist/mutants/run-cases.js')
    return (await this.#run([script, killer, ...(needsAll === true ? ['--all'] : [])])) === 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #build({ file }: Mutant): Promise<number> {
    return await this.#run([join(root, 'node_modules/typescript/bin/tsc'), '-b', `packages/${file.split('/')[1]}`])
  }

  async #run(command: readonly string[]): Promise<number> {
    const child = spawn(process.execPath, command, { cwd: this.#folder, stdio: 'ignore', timeout: killAfterMs, killSignal: 'SIGKILL' })
    const [status] = (await once(child, 'close')) as [number | null]
    return status ?? -1
  }
}

/** The source that a fault is planted into. */
export async function sourceOf({ file }: Pick<Mutant, 'file'>): Promise<string> {
  return await readFile(join(root, file), 'utf8')
}
