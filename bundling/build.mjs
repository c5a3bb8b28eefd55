// Bundles a program in one of the ways that docs/bundling.md describes: node bundling/build.mjs <way> <entry> <folder>
import { join } from 'node:path'
import { argv, chdir } from 'node:process'
import esbuild from 'esbuild'
import { rolldown } from 'rolldown'
import { build as viteBuild } from 'vite'
import webpack from 'webpack'

const banner = "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);"
// esbuild says that `import.meta` is empty in CommonJS. Capstan knows that.
const common = { bundle: true, platform: 'node', logLevel: 'error', logOverride: { 'empty-import-meta': 'silent' } }

/** Each writes `app.cjs` or `app.mjs`, and what it splits off, into a folder. */
const ways = {
  'esbuild, CommonJS': (entry, folder) => esbuild.build({ ...common, entryPoints: [entry], format: 'cjs', outfile: join(folder, 'app.cjs') }),
  'esbuild, ES module': (entry, folder) =>
    esbuild.build({ ...common, entryPoints: [entry], format: 'esm', outfile: join(folder, 'app.mjs'), banner: { js: banner } }),
  'esbuild, ES module without the banner': (entry, folder) =>
    esbuild.build({ ...common, entryPoints: [entry], format: 'esm', outfile: join(folder, 'app.mjs') }),
  'esbuild, packages external': (entry, folder) =>
    esbuild.build({ ...common, entryPoints: [entry], format: 'esm', outfile: join(folder, 'app.mjs'), packages: 'external' }),
  'rolldown, CommonJS': (entry, folder) => bundleWithRolldown(entry, folder, 'cjs'),
  'rolldown, ES module': (entry, folder) => bundleWithRolldown(entry, folder, 'esm'),
  vite: (entry, folder) =>
    viteBuild({
      configFile: false,
      logLevel: 'error',
      ssr: { noExternal: true },
      build: { ssr: entry, outDir: folder, rollupOptions: { output: { entryFileNames: 'app.mjs', chunkFileNames: '[name].mjs' } } },
    }),
  webpack: (entry, folder) => bundleWithWebpack({ entry, target: 'node', mode: 'production', output: { path: folder, filename: 'app.cjs' } }),
}

async function bundleWithRolldown(input, dir, format) {
  const extension = format === 'cjs' ? 'cjs' : 'mjs'
  const work = await rolldown({ input, platform: 'node', logLevel: 'warn' })
  await work.write({ dir, format, entryFileNames: `app.${extension}`, chunkFileNames: `[name].${extension}` })
}

async function bundleWithWebpack(options) {
  const stats = await new Promise((resolve, reject) => webpack(options, (error, result) => (error ? reject(error) : resolve(result))))
  if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }))
}

const [way, entry, folder] = argv.slice(2)
// Vite takes the current folder as the root of the program.
chdir(join(entry, '..'))
await ways[way](entry, folder)
