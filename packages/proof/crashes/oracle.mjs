import { appendFileSync, readFileSync } from 'node:fs'

/** What happened outside, in order: a file that no journal knows of. */
export class Oracle {
  constructor(path) {
    this.path = path
  }

  add(what, key = '') {
    appendFileSync(this.path, `${what} ${key}\n`)
  }

  read() {
    try {
      return readFileSync(this.path, 'utf8').trim().split('\n').filter(Boolean)
    } catch {
      return []
    }
  }
}
