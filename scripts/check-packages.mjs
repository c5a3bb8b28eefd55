// Each published package as npm would pack it.
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { finish, packageNames, readJson, root } from './project-files.mjs'

const published = packageNames().filter((name) => !readJson(`packages/${name}/package.json`).private)
finish((await Promise.all(published.map(lint))).flat())

async function lint(name) {
  // npm, because publint would otherwise look for a pnpm that need not be installed.
  const { messages, pkg } = await publint({ pkgDir: join(root, 'packages', name), pack: 'npm', strict: true })
  return messages.map((message) => `packages/${name}: ${formatMessage(message, pkg, { color: false }) ?? message.code}`)
}
