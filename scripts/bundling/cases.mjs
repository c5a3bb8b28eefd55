// The cases of npm run bundling: runtimes, compilers, test runners, frameworks and copies of zod that use the packed packages.
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleWays, checkBundle } from '../packed/bundles.mjs'
import { compilers } from '../packed/projects.mjs'
import { runCommand } from '../packed/run-command.mjs'
import { root } from '../project-files.mjs'
import { checkNext } from './next.mjs'

/**
 * @typedef {object} Case
 * @property {string} group Heading of its table.
 * @property {string} name
 * @property {string} [setting] What a program has to set.
 * @property {RegExp} [fails] What is said where it cannot work.
 * @property {boolean} [worksNot] True where it cannot work, and `run` checks what is said. Default: whether there is `fails`.
 * @property {(project: string) => Promise<unknown>} run
 */

/** What the cases need beside the packages of the workspace, at exact versions. */
export const tools = {
  '@swc/core': '1.16.22',
  '@swc/jest': '0.2.39',
  bun: '1.4.5',
  deno: '2.9.6',
  jest: '30.5.2',
  next: '16.4.6',
  react: '19.3.1',
  'react-dom': '19.3.1',
  tsx: '4.23.15',
}

export const programs = join(root, 'bundling/programs')
const bin = (name) => join('node_modules', '.bin', name)
const run =
  (command, args, options = {}) =>
  (project) =>
    runCommand(command, args, { cwd: project, ...options })
const node = (version) => /** @type {const} */ (['npx', '-y', '-p', `node@${version}`, 'node'])

/** @type {Case[]} */
const runtimes = [
  { name: 'Node 20, ES modules', run: run(process.execPath, ['bundled.js']) },
  { name: 'Node 20.18.1, ES modules', run: run(node('20.18.1')[0], [...node('20.18.1').slice(1), 'bundled.js']) },
  { name: 'Node 24, ES modules', run: run(node('24')[0], [...node('24').slice(1), 'bundled.js']) },
  { name: 'Node 20, `require()`', run: run(process.execPath, ['use-commonjs.cjs']) },
  { name: 'Node 24, `require()`', run: run(node('24')[0], [...node('24').slice(1), 'use-commonjs.cjs']) },
  {
    name: 'Node 20.18.1, `require()`',
    setting: "`await import('capstan')`",
    fails: /ERR_REQUIRE_ESM/,
    run: run(node('20.18.1')[0], [...node('20.18.1').slice(1), 'use-commonjs.cjs']),
  },
  { name: 'tsx', run: run(bin('tsx'), ['bundled.ts']) },
  { name: 'Bun', run: run(bin('bun'), ['bundled.ts']) },
  { name: 'Deno', setting: '`--node-modules-dir=manual`, `--allow-net --allow-env --allow-read`', run: run(bin('deno'), denoArguments()) },
].map((one) => ({ group: 'Runtimes', ...one }))

function denoArguments() {
  return ['run', '--node-modules-dir=manual', '--allow-net', '--allow-env', '--allow-read', '--no-prompt', 'bundled.ts']
}

/** Bundlers of bundling/build.mjs, and Bun as one. @type {Case[]} */
const bundlers = [
  ...bundleWays.map((way) => ({ name: way.name, run: (/** @type {string} */ project) => checkBundle(project, way), ...settingOf(way.name) })),
  { name: 'Bun, for Node', run: (project) => bunBuild(project, ['--target=node', '--outfile=app.mjs'], [process.execPath, 'app.mjs']) },
  { name: 'Bun, an executable', run: (project) => bunBuild(project, ['--compile', '--outfile=app'], [join(project, '..', 'bun-out', 'app')]) },
].map((one) => ({ group: 'Bundlers', ...one }))

/** @param {string} name */
function settingOf(name) {
  if (name.includes('without the banner')) return { worksNot: true, setting: 'the banner, which the error of the first request names' }
  if (name === 'esbuild, ES module') return { setting: 'the banner below' }
  if (name === 'esbuild, packages external') return { setting: '`--packages=external`' }
  if (name === 'vite') return { setting: '`build.ssr`, `ssr.noExternal: true`' }
  if (name === 'webpack') return { setting: "`target: 'node'`" }
  return { setting: name.startsWith('rolldown') ? "`platform: 'node'`" : '`--bundle --platform=node --format=cjs`' }
}

/** @param {string} project @param {string[]} args @param {string[]} start */
async function bunBuild(project, args, [command = '', ...rest]) {
  const folder = join(project, '..', 'bun-out')
  mkdirSync(folder, { recursive: true })
  const out = args.map((arg) => arg.replace('--outfile=', `--outfile=${folder}/`))
  await runCommand(join(project, bin('bun')), ['build', 'bundled.ts', ...out], { cwd: project })
  await runCommand(command, rest, { cwd: folder })
}

const strict = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2023,esnext.disposable', '--types', 'node', '--skipLibCheck', 'false']
const modules = {
  nodenext: { resolution: 'nodenext', commonjs: undefined },
  node16: { resolution: 'node16', commonjs: /TS1479/ },
  'esnext, `"moduleResolution": "bundler"`': { module: 'esnext', resolution: 'bundler', commonjs: undefined },
  'commonjs, `"moduleResolution": "node10"`': { module: 'commonjs', resolution: 'node10', module10: /TS2307/, commonjs: /TS2307/ },
}

/** Declarations of libraries are checked, too. @type {Case[]} */
const typescript = Object.entries(modules).flatMap(([name, { module = name, resolution, commonjs, module10 }]) =>
  Object.entries(compilers)
    // TypeScript 7 no longer has this resolution.
    .filter(([compiler]) => resolution !== 'node10' || compiler === 'TypeScript 5.9')
    .flatMap(([compiler, folder]) =>
      [
        { kind: 'ES module', file: 'module-file.mts', fails: module10 },
        { kind: 'CommonJS file', file: 'commonjs-file.cts', fails: commonjs },
      ].map(({ kind, file, fails }) => ({
        group: 'TypeScript',
        name: `${compiler}, \`"module"\`: ${name}, ${kind}`,
        ...(fails && { fails, setting: '`"module": "nodenext"`' }),
        run: run(process.execPath, [join('node_modules', folder, 'bin/tsc'), ...strict, '--module', module, '--moduleResolution', resolution, file]),
      })),
    ),
)

const jest = join('..', 'node_modules/jest/bin/jest.js')
const vmModules = { env: { NODE_OPTIONS: '--experimental-vm-modules' } }
/** @type {Case[]} */
const runners = [
  {
    name: 'Jest, CommonJS',
    setting: 'one of the next three rows',
    fails: /Must use import to load ES Module/,
    run: jestIn({ file: 'agent.test.cjs', config: plain('cjs'), command: [process.execPath, jest] }),
  },
  {
    name: 'Jest, CommonJS, with a transform',
    setting: 'the configuration below',
    run: jestIn({ file: 'agent.test.cjs', config: transformed(), command: [process.execPath, jest] }),
  },
  {
    name: 'Jest, CommonJS, Node 24.9 and newer',
    setting: '`NODE_OPTIONS=--experimental-vm-modules`',
    run: jestIn({ file: 'agent.test.cjs', config: plain('cjs'), command: [...node('24'), jest], ...vmModules }),
  },
  {
    name: 'Jest, ES modules',
    setting: '`NODE_OPTIONS=--experimental-vm-modules`',
    run: jestIn({ file: 'agent.test.mjs', config: plain('mjs'), command: [process.execPath, jest], ...vmModules }),
  },
].map((one) => ({ group: 'Test runners', ...one }))

/** @param {string} extension */
function plain(extension) {
  return `module.exports = { testMatch: ['**/*.test.${extension}'], transform: {} }`
}

/** The configuration of the page. */
function transformed() {
  return readFileSync(join(programs, 'jest/transform.config.cjs'), 'utf8').replace('= {', "= { testMatch: ['**/*.test.cjs'],")
}

/** A folder with one test file and a configuration. */
function jestIn({ file, config, command: [program = '', ...args], env = {} }) {
  return (/** @type {string} */ project) => {
    const folder = join(project, `jest-${Object.keys(env).length}-${config.length}`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{}')
    writeFileSync(join(folder, 'jest.config.cjs'), config)
    copyFileSync(join(programs, 'jest', file), join(folder, file))
    copyFileSync(join(programs, 'ask.mjs'), join(folder, 'ask.mjs'))
    return runCommand(program, args, { cwd: folder, env })
  }
}

/** @type {Case[]} */
const frameworks = [
  { name: 'Next, route handler, Node.js runtime', run: (project) => checkNext(project, 'nodejs') },
  {
    name: 'Next, route handler, edge runtime',
    setting: "`export const runtime = 'nodejs'`",
    fails: /Native module not found: node:|not supported in the Edge Runtime/,
    run: (project) => checkNext(project, 'edge'),
  },
].map((one) => ({ group: 'Frameworks', ...one }))

/** @type {Case[]} */
export const cases = [...runtimes, ...typescript, ...bundlers, ...runners, ...frameworks]

/** Copies the programs into a project. @param {string} project */
export function copyPrograms(project) {
  cpSync(programs, project, { recursive: true })
}
