// Checks those parts of Capstan's own cost that can be counted. Nothing here depends on time, which packages/bench measures.
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { finish, root } from './project-files.mjs'

const execute = promisify(execFile)
const drivers = join(root, 'packages/bench/processes/weight')

/** Modules that `import 'capstan'` must not load: they load with their first use, or are never needed. */
const lazy = ['undici', 'eventsource-parser', 'zod', 'zod-to-json-schema', 'decimal.js', 'stemmer', 'pg']
const lazyOfOurs = ['packages/simulator/', 'packages/capstan/dist/cli']
const lazyBuiltIn = ['http', 'https', 'http2', 'net', 'tls', 'crypto', 'zlib', 'fs/promises', 'child_process', 'worker_threads']
const limits = {
  /** Files of these packages that `import 'capstan'` reads as published, which are those of `scripts/bundle.mjs`. */
  publishedFiles: 12,
  /** Bytes in these files. */
  publishedBytes: 300_000,
  /** Bytes in these files and in those of the loop, which the first run reads: with complete results and the view of the history, which each run with tools has. */
  publishedRunBytes: 450_000,
  /** A production install of `capstan`, in millions of bytes. */
  megabytes: 5,
  packages: 14,
  /** How often each part of a message is written as JSON in a run of 50 steps: for the wire, and calls and results for the guard against repeats. */
  serialisations: { prompt: 1, text: 1, thought: 1, argument: 2, result: 2 },
  /** Characters and bytes worked on for twice the fragments: 2 is linear, 4 quadratic. */
  growth: 2.1,
}

finish((await Promise.all([checkImports(), checkPublished(), checkSize(), checkSerialisations(), checkFragments()])).flat())

async function checkImports() {
  const { files, builtIn } = await drive('loaded.mjs', 'capstan')
  const isOf = (url, name) => url.includes(`/node_modules/${name}/`)
  return [
    ...lazy.filter((name) => files.some((url) => isOf(url, name))).map((name) => `import 'capstan' loads ${name}`),
    ...lazyOfOurs.filter((path) => files.some((url) => url.includes(`/${path}`))).map((path) => `import 'capstan' loads ${path}`),
    ...lazyBuiltIn.filter((name) => builtIn.includes(name)).map((name) => `import 'capstan' loads node:${name}`),
  ]
}

async function checkPublished() {
  await execute(process.execPath, [join(root, 'scripts/bundle.mjs'), '--all'], { cwd: root })
  const files = publishedFiles(bundleOf('capstan'), new Set())
  const sizeOf = (list) => [...list].reduce((sum, file) => sum + statSync(file).size, 0)
  const bytes = sizeOf(files)
  const bundle = dirname(bundleOf('core'))
  const loop = readdirSync(bundle).find((name) => name.startsWith('part-run-loop'))
  if (loop === undefined) return ['the loop of core is not a published file of its own, which the first run loads']
  const runBytes = sizeOf(publishedFiles(join(bundle, loop), new Set(files)))
  return [
    ...(files.size > limits.publishedFiles ? [`import 'capstan' reads ${files.size} published files, more than ${limits.publishedFiles}`] : []),
    ...(bytes > limits.publishedBytes ? [`import 'capstan' reads ${bytes} published bytes, more than ${limits.publishedBytes}`] : []),
    ...(runBytes > limits.publishedRunBytes ? [`a first run of core reads ${runBytes} published bytes, more than ${limits.publishedRunBytes}`] : []),
  ]
}

/** A joined file and all files of these packages that it imports statically. */
function publishedFiles(file, found) {
  if (found.has(file)) return found
  found.add(file)
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b[^'"]*?["']([^"']+)["']/gm)) {
    const ours = /^@capstan\/([^/]+)(?:\/(.+))?$/.exec(specifier)
    if (ours) publishedFiles(bundleOf(ours[1] ?? '', ours[2]), found)
    else if (specifier.startsWith('.')) publishedFiles(join(dirname(file), specifier), found)
  }
  return found
}

function bundleOf(name, entry = 'index') {
  return join(root, 'packages', name, 'dist/bundle', `${entry}.js`)
}

async function checkSize() {
  const folders = productionFolders()
  const ours = [...folders.values()].filter((folder) => !folder.includes('node_modules'))
  const others = [...folders.values()].filter((folder) => folder.includes('node_modules'))
  const bytes = (await packedBytes(ours)) + others.reduce((sum, folder) => sum + bytesOf(folder), 0)
  const megabytes = bytes / 1_000_000
  return [
    ...(folders.size > limits.packages ? [`an install of capstan holds ${folders.size} packages, more than ${limits.packages}`] : []),
    ...(megabytes > limits.megabytes ? [`an install of capstan takes ${megabytes.toFixed(2)} MB, more than ${limits.megabytes}`] : []),
  ]
}

/** Folders of all packages in a production install of `capstan`, by name, without optional peers. */
function productionFolders() {
  const found = new Map()
  const add = (name, folder) => {
    if (found.has(name)) return
    found.set(name, folder)
    for (const dependency of Object.keys(readManifest(folder).dependencies ?? {})) add(dependency, findDependency(folder, dependency))
  }
  add('capstan', join(root, 'packages/capstan'))
  return found
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

function findDependency(folder, name) {
  for (let parent = folder; parent !== dirname(parent); parent = dirname(parent)) {
    const candidate = join(parent, 'node_modules', name)
    if (existsSync(candidate)) return realpathSync(candidate)
  }
  throw new Error(`${name} is not installed for ${folder}`)
}

async function packedBytes(folders) {
  const { stdout } = await execute('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', ...folders], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  })
  return Object.values(JSON.parse(stdout)).reduce((sum, { unpackedSize }) => sum + unpackedSize, 0)
}

function bytesOf(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0)
}

async function checkSerialisations() {
  const counts = await drive('serialisations.mjs')
  return Object.entries(limits.serialisations)
    .filter(([kind, limit]) => counts[kind] > limit || counts[kind] < 1)
    .map(([kind, limit]) => `a ${kind} of a run of 50 steps is written as JSON ${counts[kind]} times, not 1 to ${limit}`)
}

async function checkFragments() {
  const found = await drive('fragments.mjs', '1000', '2000', '4000')
  return found.slice(1).flatMap(({ fragments, worked }, index) => {
    const growth = worked / found[index].worked
    return growth > limits.growth
      ? [`arguments in ${fragments} fragments take ${growth.toFixed(2)} times the work of half as many, more than ${limits.growth}`]
      : []
  })
}

async function drive(script, ...args) {
  const { stdout } = await execute(process.execPath, [join(drivers, script), ...args], { maxBuffer: 64 * 1024 * 1024 })
  return JSON.parse(stdout)
}
