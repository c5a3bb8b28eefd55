// Finds text that must never be committed: paths of one machine, package registry hosts, secrets.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { finish, projectFiles, root } from './project-files.mjs'

// A class of one letter keeps each pattern from matching its own source.
const forbidden = [
  { what: 'a path of one machine', pattern: /(?<![\w.:/}-])\/(?:wor[k]|tmp\/[a-z]+_job[s]|User[s]\/[\w.-]+|hom[e]\/[\w.-]+|roo[t])\// },
  { what: 'a package registry host', pattern: /\bregistr[y]\.[\w-]+\.[a-z]{2,}|\bregistry\.npmmirro[r]|\bartifactor[y]\b|\bverdacci[o]\b|\/api\/np[m]\// },
  { what: 'a private key', pattern: /-----BEGI[N] [A-Z ]*PRIVATE KEY-----/ },
  {
    what: 'a secret',
    pattern: /\b(?:sk|rk|pk)-[A-Za-z0-9_-]{20,}|\bgh[pousr]_[A-Za-z0-9]{30,}|\bnpm_[A-Za-z0-9]{30,}|\bAKIA[0-9A-Z]{16}\b|\bxox[abps]-[A-Za-z0-9-]{10,}/,
  },
  { what: 'a token in a URL', pattern: /\bhttps?:\/\/[^\s/:@'"`$]+:[^\s/@'"`$]+@/ },
]
// Keys made up for tests say so.
const madeUp = /test|example|canary|fake|secret|wrong|user:pass/i

finish(projectFiles().flatMap(checkFile))

function checkFile(path) {
  const bytes = readFileSync(join(root, path))
  if (bytes.includes(0)) return []
  const text = bytes.toString('utf8')
  return text.split('\n').flatMap((line, index) => badWordsOf(line).map((what) => `${path}:${index + 1}: ${what}`))
}

function badWordsOf(line) {
  return forbidden
    .filter(({ pattern }) => {
      const found = pattern.exec(line)?.[0]
      return found !== undefined && !madeUp.test(found)
    })
    .map(({ what }) => what)
}
