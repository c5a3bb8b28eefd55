// Checks each published package as it is packed, with what pnpm takes from `publishConfig`.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { packAll } from './packed/tarballs.mjs'
import { finish } from './project-files.mjs'

const folder = mkdtempSync(join(tmpdir(), 'capstan-packages-'))
try {
  finish((await Promise.all((await packAll(folder)).map(lint))).flat())
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function lint({ name, file }) {
  const { buffer } = new Uint8Array(readFileSync(file))
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true })
  const problems = messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code)
  return [...problems, ...(await missingDeclarations(file))].map((problem) => `${name}: ${problem}`)
}

/** The type declarations that an export needs and `files` leaves out: only those that no export reaches are left out. */
async function missingDeclarations(file) {
  const unpacked = join(folder, `${basename(file)}.files`)
  mkdirSync(unpacked)
  await promisify(execFile)('tar', ['-xzf', file, '-C', unpacked])
  const manifest = JSON.parse(readFileSync(join(unpacked, 'package/package.json'), 'utf8'))
  const missing = []
  const found = new Set()
  const visit = (path) => {
    if (found.has(path)) return
    found.add(path)
    if (!existsSync(path)) return void missing.push(`${relative(unpacked, path)} is not packed, and an export needs it`)
    for (const [, specifier = ''] of readFileSync(path, 'utf8').matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g)) {
      visit(join(dirname(path), specifier.replace(/\.[jt]s$/, '.d.ts')))
    }
  }
  for (const { types } of Object.values(manifest.exports ?? {})) {
    if (types !== undefined) visit(join(unpacked, 'package', types))
  }
  return missing
}
