import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { paths, pnpmName } from './paths.ts'
import { shell } from './shell.ts'

/** One program to measure. */
export interface Contender {
  readonly name: string
  /** Where its packages are. */
  readonly folder: string
  /** Path of its module. */
  readonly module: string
  /** Versions of its packages. */
  readonly version: string
}

/** Contenders that use the workspace, each with the package whose version is shown. */
const own: Readonly<Record<string, string>> = { raw: 'undici', capstan: 'capstan' }

interface Manifest {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
}

/** Finds a contender; a peer that is not installed is installed from its own lockfile. */
export async function prepareContender(name: string): Promise<Contender> {
  const home = join(paths.contenders, name)
  const module = join(home, 'contender.mjs')
  const ownPackage = own[name]
  if (ownPackage !== undefined) {
    const { version } = readManifest(join(paths.bench, 'node_modules', ownPackage))
    return { name, folder: paths.bench, module, version: `${ownPackage} ${version}` }
  }
  if (!isInstalled(home)) {
    console.error(`Installing ${name} (once) ...`)
    const args = [
      '-y',
      pnpmName(),
      'install',
      '--ignore-workspace',
      '--frozen-lockfile',
      '--ignore-scripts',
      '--prod',
      '--reporter=append-only',
      '--loglevel=error',
    ]
    await shell('npx', args, home)
  }
  const versions = Object.keys(readManifest(home).dependencies ?? {}).map(
    (dependency) => `${dependency} ${readManifest(join(home, 'node_modules', dependency)).version}`,
  )
  return { name, folder: home, module, version: versions.join(', ') }
}

// pnpm keeps a copy of the lockfile that it installed.
function isInstalled(home: string): boolean {
  const installed = join(home, 'node_modules/.pnpm/lock.yaml')
  return existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(join(home, 'pnpm-lock.yaml'), 'utf8')
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest // pnpm parses it too.
}
