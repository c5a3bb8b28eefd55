// Writes the code blocks of Markdown pages that are copies of files which tests run: scripts/docs/embedded-code.mjs says how a page names them.
// scripts/check-docs.mjs fails for a page that is not what would be written.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { embedCode } from './docs/embedded-code.mjs'
import { finish, projectFiles, readText, root } from './project-files.mjs'

const pages = projectFiles().filter((path) => path.endsWith('.md'))
finish(
  pages.flatMap((page) => {
    const { text, problems } = embedCode(page)
    if (text !== readText(page)) writeFileSync(join(root, page), text)
    return problems
  }),
)
