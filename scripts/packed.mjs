// Packs what is published, installs it as users do, type-checks, runs and bundles programs that use it. They cannot reach the workspace.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installFolder } from './install-folder.mjs'
import { bundleWays, checkBundle } from './packed/bundles.mjs'
import { compilers, consumerOf, installers, makeProject, resolutions, sizeOf, typeCheck } from './packed/projects.mjs'
import { runCommand } from './packed/run-command.mjs'
import { packAll, problemsOf, refusesNpm } from './packed/tarballs.mjs'

const base = mkdtempSync(join(tmpdir(), 'capstan-packed-'))
const results = []
process.once('exit', () => rmSync(base, { recursive: true, force: true }))

const runtimes = {
  [`Node ${process.versions.node.split('.')[0]}`]: (file) => [process.execPath, [file]],
  'Node 24': (file) => ['npx', ['-y', '-p', 'node@24', 'node', file]],
}

const tarballs = await check('pack', () => packAll(base))
if (tarballs) await checkPackages(tarballs)
report()

async function checkPackages(tarballs) {
  const production = join(base, 'production')
  await check('install by npm, production', async () => {
    makeProject(production, tarballs, { direct: ['capstan'] })
    await installers.npm(production, '--omit=dev')
    const { packages, bytes } = sizeOf(production)
    return `${packages.length} packages, ${megabytes(bytes)}: ${packages.join(', ')}`
  })
  for (const tarball of tarballs) {
    await check(`contents of ${tarball.name}`, async () => {
      const folder = join(base, 'contents', tarball.name)
      mkdirSync(folder, { recursive: true })
      await runCommand('tar', ['-xzf', tarball.file, '-C', folder], { cwd: base })
      const problems = problemsOf(tarball, join(folder, 'package'))
      if (problems.length > 0) throw new Error([...problems.slice(0, 10), `${problems.length} in all`].join('\n'))
      return `${tarball.paths.length} files, ${Math.round(tarball.bytes / 1024)} KiB packed`
    })
  }
  await check('npm pack is refused', refusesNpm)
  for (const manager of Object.keys(installers)) await checkManager(manager, tarballs)
  await checkTwoCopies()
  await checkBundles()
}

async function checkManager(manager, tarballs) {
  const folder = join(base, manager)
  makeProject(folder, tarballs, consumerOf(tarballs))
  if (!(await check(`install by ${manager}`, () => installers[manager](folder).then(() => true)))) return
  for (const resolution of Object.keys(resolutions)) {
    for (const compiler of Object.keys(compilers)) {
      const emit = resolution === 'nodenext' && compiler === 'TypeScript 7'
      await check(`${manager}: types, ${resolution}, ${compiler}`, () => typeCheck(folder, { compiler, config: `tsconfig.${resolution}.json`, emit }))
    }
  }
  for (const [runtime, command] of Object.entries(runtimes)) {
    await check(`${manager}: a program, ${runtime}`, () => runCommand(...command('use.js'), { cwd: folder }))
    await check(`${manager}: a CommonJS program, ${runtime}`, () => runCommand(...command('use-commonjs.cjs'), { cwd: folder }))
  }
  await check(`${manager}: the command`, () => runCommand(join('node_modules', '.bin', 'capstan'), ['--help'], { cwd: folder }).then(() => undefined))
}

/** The project of npm, with our packages once more below the folder of one of its files. */
async function checkTwoCopies() {
  const folder = join(base, 'npm')
  const config = 'tsconfig.two-copies.json'
  await check('two copies of core: types', async () => {
    mkdirSync(join(folder, 'other/node_modules'), { recursive: true })
    cpSync(join(folder, 'node_modules/@capstan'), join(folder, 'other/node_modules/@capstan'), { recursive: true })
    writeFileSync(join(folder, config), JSON.stringify({ extends: './tsconfig.nodenext.json', files: ['two-copies.ts'] }))
    await typeCheck(folder, { compiler: 'TypeScript 7', config, emit: true })
  })
  for (const [runtime, command] of Object.entries(runtimes)) {
    await check(`two copies of core: a program, ${runtime}`, () => runCommand(...command('two-copies.js'), { cwd: folder }))
  }
}

/** Bundles a program of the project of npm in each way of docs/bundling.md, and runs what comes of it where nothing is installed. */
async function checkBundles() {
  if (!(await check('install the bundlers', async () => installFolder('bundling', 'the bundlers (107 MB)') ?? true))) return
  for (const way of bundleWays) await check(`bundle: ${way.name}`, () => checkBundle(join(base, 'npm'), way))
}

/** Runs one case. Returns its value, or `undefined` when it failed. */
async function check(name, run) {
  const since = performance.now()
  try {
    const value = await run()
    add({ name, ok: true, since, note: typeof value === 'string' ? value.trim() : '' })
    return value
  } catch (error) {
    add({ name, ok: false, since, note: error instanceof Error ? error.message : String(error) })
    return undefined
  }
}

function add({ name, ok, since, note }) {
  const seconds = ((performance.now() - since) / 1000).toFixed(1)
  results.push(ok)
  console.log(`${name.padEnd(46)} ${ok ? 'ok    ' : 'failed'} ${seconds.padStart(6)} s  ${ok ? note : ''}`.trimEnd())
  if (!ok) console.log(note)
}

function report() {
  const failed = results.filter((ok) => !ok).length
  console.log(`\n${results.length} cases, ${failed} failed, ${(performance.now() / 1000).toFixed(0)} s`)
  const reportFile = process.env['CAPSTAN_REPORT']
  if (reportFile) writeFileSync(reportFile, JSON.stringify({ numPassedTests: results.length - failed, numFailedTests: failed, numPendingTests: 0 }))
  process.exitCode = failed > 0 ? 1 : 0
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(2)} MB`
}
