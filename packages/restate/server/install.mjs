// Installs the Restate server into this folder, once, and prints the path of its binary. Without a network: a reason, and status 1.
import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { fail, installAlone } from '../../../scripts/install-alone.mjs'

const folder = fileURLToPath(new URL('.', import.meta.url))
const what = 'The Restate server'

installAlone(folder, what, () => findBinary() !== undefined)
const binary = findBinary()
if (binary === undefined) fail(what, `there is none for ${process.platform}-${process.arch}`)
process.stdout.write(`${binary}\n`)

function findBinary() {
  try {
    const { resolve } = createRequire(realpathSync(`${folder}node_modules/@restatedev/restate-server/package.json`))
    return resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`)
  } catch {
    return undefined
  }
}
