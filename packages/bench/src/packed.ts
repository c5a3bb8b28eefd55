import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { paths, pnpmName } from './paths.ts'
import { shell } from './shell.ts'

/** A production install of `capstan` as npm would publish it, in a folder outside the workspace. */
export interface Packed extends AsyncDisposable {
  readonly folder: string
}

/** Packs the built packages and installs them without optional peers. */
export async function installPacked(): Promise<Packed> {
  const folder = await mkdtemp(join(tmpdir(), 'capstan-bench-'))
  const tarballs = join(folder, 'tarballs')
  await mkdir(tarballs)
  const dependencies: Record<string, string> = {}
  for (const { name, version, source } of await packagesOf('capstan')) {
    await shell('npx', ['-y', pnpmName(), 'pack', '--pack-destination', tarballs], source)
    dependencies[name] = `file:tarballs/${name.replace('@', '').replace('/', '-')}-${version}.tgz`
  }
  const overrides = Object.fromEntries(Object.keys(dependencies).map((name) => [name, `$${name}`]))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies, overrides }))
  await shell('npm', ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'], folder)
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

interface Ours {
  readonly name: string
  readonly version: string
  readonly source: string
}

/** A package of the workspace and those that it depends on. */
async function packagesOf(name: string, found: Ours[] = []): Promise<readonly Ours[]> {
  const source = join(paths.root, 'packages', name.replace('@capstan/', ''))
  // pnpm parses it too.
  const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as {
    readonly version: string
    readonly dependencies?: Readonly<Record<string, string>>
  }
  found.push({ name, version: manifest.version, source })
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    if (dependency.startsWith('@capstan/') && !found.some((other) => other.name === dependency)) await packagesOf(dependency, found)
  }
  return found
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}

/** Size of an install. */
export interface Weight {
  readonly bytes: number
  readonly packages: number
}

/** Weighs a `node_modules`: the bytes of its files and the packages in it. Links are not followed, so each counts once. */
export async function weigh(folder: string): Promise<Weight> {
  let bytes = 0
  let packages = 0
  const walk = async (path: string, holdsPackages: boolean): Promise<void> => {
    for (const entry of await readdir(path, { withFileTypes: true })) {
      const inner = join(path, entry.name)
      if (entry.isFile()) bytes += (await stat(inner)).size
      if (!entry.isDirectory()) continue
      const isScope = entry.name.startsWith('@')
      if (holdsPackages && !isScope && !entry.name.startsWith('.') && (await exists(join(inner, 'package.json')))) packages++
      await walk(inner, entry.name === 'node_modules' || (holdsPackages && isScope))
    }
  }
  await walk(folder, true)
  return { bytes, packages }
}
