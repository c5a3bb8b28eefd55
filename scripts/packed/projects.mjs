// Makes projects that install the packed packages, and works in them.
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, root } from '../project-files.mjs'
import { runCommand } from './run-command.mjs'
import { pnpm } from './tarballs.mjs'

/** Name under which each compiler is installed. */
export const compilers = { 'TypeScript 5.9': 'typescript5', 'TypeScript 7': 'typescript7' }

/** Options of the compiler, by how modules are resolved. */
export const resolutions = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
}

const strict = { target: 'es2022', lib: ['es2023', 'esnext.disposable'], types: ['node'], strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false }

/**
 * Makes a project whose dependencies of ours, direct or not, are the tarballs.
 *
 * @param direct - Names of the packages that the project itself asks for.
 */
export function makeProject(folder, tarballs, { direct, others = {}, devDependencies = {} }) {
  const specs = Object.fromEntries(tarballs.map(({ name, file }) => [name, `file:${file}`]))
  const dependencies = { ...Object.fromEntries(direct.map((name) => [name, specs[name]])), ...others }
  // npm wants an override of a direct dependency to say the same as the dependency.
  const manifest = { name: 'consumer', private: true, type: 'module', dependencies, devDependencies, overrides: specs, pnpm: { overrides: specs } }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
  for (const [name, options] of Object.entries(resolutions)) {
    const config = { compilerOptions: { ...strict, ...options }, files: ['use.ts', 'bundled.ts', ...(name === 'nodenext' ? ['use-commonjs.cts'] : [])] }
    writeFileSync(join(folder, `tsconfig.${name}.json`), JSON.stringify(config, null, 2))
  }
  cpSync(join(root, 'scripts/packed/consumer'), folder, { recursive: true })
}

/** Everything that the programs of the consumer need, at the versions that the workspace uses. */
export function consumerOf(tarballs) {
  const { devDependencies } = readJson('package.json')
  const zodToJsonSchema = readJson('packages/tools/package.json').devDependencies['zod-to-json-schema']
  return {
    direct: tarballs.map(({ name }) => name),
    others: { zod: zodVersion(), 'zod-to-json-schema': zodToJsonSchema },
    devDependencies: {
      '@types/node': devDependencies['@types/node'],
      typescript5: 'npm:typescript@5.9.3',
      typescript7: `npm:typescript@${devDependencies.typescript}`,
    },
  }
}

/** The version in the catalog of the workspace. */
function zodVersion() {
  return /^ {2}zod: (\S+)$/m.exec(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8'))?.[1] ?? 'latest'
}

export const installers = {
  npm: (cwd, ...args) => runCommand('npm', ['install', '--no-package-lock', ...args], { cwd }),
  pnpm: (cwd) => runCommand('npx', [...pnpm, 'install', '--no-lockfile', '--reporter=append-only'], { cwd }),
}

/** Type-checks the project; with `emit`, writes the programs beside their sources. */
export function typeCheck(cwd, { compiler, config, emit = false }) {
  const tsc = join('node_modules', compilers[compiler], 'bin', 'tsc')
  return runCommand(process.execPath, [tsc, '-p', config, ...(emit ? [] : ['--noEmit'])], { cwd })
}

/** Number of packages in an installed project, and their size in bytes. */
export function sizeOf(cwd) {
  const modules = join(cwd, 'node_modules')
  const names = readdirSync(modules).filter((name) => !name.startsWith('.'))
  const packages = names.flatMap((name) => (name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name]))
  return { packages, bytes: packages.reduce((sum, name) => sum + folderBytes(join(modules, name)), 0) }
}

function folderBytes(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name)
    return sum + (entry.isDirectory() ? folderBytes(path) : statSync(path).size)
  }, 0)
}
