// Checks each published package as it is packed, with what pnpm takes from `publishConfig`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
  return messages.map((message) => `${name}: ${formatMessage(message, pkg, { color: false }) ?? message.code}`)
}
