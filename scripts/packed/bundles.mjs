// Bundles of a program that uses the packed packages.
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../project-files.mjs'
import { runCommand } from './run-command.mjs'

/**
 * @typedef {object} BundleWay
 * @property {string} name As in bundling/build.mjs.
 * @property {RegExp} [fails] What the bundled program says when it cannot work.
 * @property {boolean} [needsPackages] True when it runs where the packages are installed.
 */

/** @type {readonly BundleWay[]} */
export const bundleWays = [
  { name: 'esbuild, CommonJS' },
  { name: 'esbuild, ES module' },
  { name: 'esbuild, ES module without the banner', fails: /invalid-use: .*--banner:js=/ },
  { name: 'esbuild, packages external', needsPackages: true },
  { name: 'rolldown, CommonJS' },
  { name: 'rolldown, ES module' },
  { name: 'vite' },
  { name: 'webpack' },
]

/**
 * Bundles `bundled.js` of a project and runs the bundle, in a folder where nothing is installed.
 *
 * @param {string} project
 * @param {BundleWay} way
 */
export async function checkBundle(project, { name, fails, needsPackages = false }) {
  const folder = join(project, ...(needsPackages ? [] : ['..']), 'bundles', name)
  mkdirSync(folder, { recursive: true })
  await runCommand(process.execPath, [join(root, 'bundling/build.mjs'), name, join(project, 'bundled.js'), folder], { cwd: project })
  const program = readdirSync(folder).find((file) => /^app\.[cm]js$/.test(file)) ?? 'app.mjs'
  const running = runCommand(process.execPath, [join(folder, program)], { cwd: folder })
  if (fails === undefined) return await running
  const message = await running.then(
    () => 'It did not fail.',
    (error) => String(error.message),
  )
  if (!fails.test(message)) throw new Error(message)
  return 'it says what to add'
}
