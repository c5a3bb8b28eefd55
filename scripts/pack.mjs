// Packs the published packages into a folder, and prints the command that installs them elsewhere: node scripts/pack.mjs <folder>
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { packAll } from './packed/tarballs.mjs'
import { readJson } from './project-files.mjs'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('Name a folder: npm run pack -- ../packages')
mkdirSync(resolve(folder), { recursive: true })
const tarballs = await packAll(resolve(folder))
// The others are installed in the same way when a program needs them.
const needed = ['capstan', ...Object.keys(readJson('packages/capstan/package.json').dependencies)]
console.log(`npm install ${tarballs.flatMap(({ name, file }) => (needed.includes(name) ? [file] : [])).join(' ')} zod`)
