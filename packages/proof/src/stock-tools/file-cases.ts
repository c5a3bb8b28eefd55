import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '@capstan/core'
import { fileChanges, files } from '@capstan/tools/files'
import { shell } from '@capstan/tools/shell'
import type { AttackCase } from './attack-case.ts'
import { type Lab, must, secret } from './lab.ts'

const outsidePaths = [
  '../outside/secret.txt',
  'a/../../outside/secret.txt',
  '..\\outside\\secret.txt',
  '/etc/passwd',
  'C:\\x',
  '\\\\host\\share',
  'a\0b',
  'link/secret.txt',
]
const echo = (lab: Lab) => shell({ root: lab.root, programs: [{ path: '/bin/echo', arguments: [['hello']] }], needsApproval: false })
const changes = (lab: Lab) => fileChanges({ root: lab.root, needsApproval: false })
const maxGrowth = 300_000_000

function linkOut({ root, outside }: Lab): void {
  if (!existsSync(join(root, 'link'))) symlinkSync(outside, join(root, 'link'))
}

/** Every change of a path. */
async function noChange(lab: Lab, paths: readonly string[]): Promise<string> {
  const [write, edit, move, remove] = changes(lab)
  writeFileSync(join(lab.root, 'own.txt'), 'own')
  for (const path of paths) {
    await lab.refused(write, [{ path, content: 'changed', replace: true }])
    await lab.refused(edit, [{ path, old_text: secret, new_text: 'changed' }])
    await lab.refused(move, [
      { path, to: 'stolen.txt' },
      { path: 'own.txt', to: path },
    ] satisfies readonly Json[])
    await lab.refused(remove, [{ path }])
  }
  must(readFileSync(join(lab.outside, 'secret.txt'), 'utf8') === secret, 'the file outside has changed')
  return 'refused'
}

/** A folder and a link out of the root that take each other's place while the tools work. */
async function whileFlipping(lab: Lab, act: () => Promise<unknown>): Promise<void> {
  const [place, aside] = [join(lab.root, 'flip'), join(lab.root, 'aside')]
  mkdirSync(place)
  writeFileSync(join(place, 'secret.txt'), 'harmless')
  let isRunning = true
  const flip = async (): Promise<void> => {
    while (isRunning) {
      renameSync(place, aside)
      takePlace(place, () => symlinkSync(lab.outside, place))
      await new Promise(setImmediate)
      rmSync(place)
      takePlace(place, () => renameSync(aside, place))
      await new Promise(setImmediate)
    }
  }
  const flipping = flip()
  for (let round = 0; round < 150; round++) await act()
  isRunning = false
  await flipping
  rmSync(place, { recursive: true })
}

/** Makes what shall be at a place. A tool may have made a folder there since it became free. */
function takePlace(place: string, make: () => void): void {
  for (;;) {
    try {
      return make()
    } catch (error) {
      if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
      rmSync(place, { recursive: true })
    }
  }
}

/** Attacks by paths, links and names of files. */
export const fileCases: readonly AttackCase[] = [
  {
    attack: 'a path or a link that leads out of the folder',
    tools: {
      files: async (lab) => {
        linkOut(lab)
        const [list, read, search] = files({ root: lab.root })
        for (const path of outsidePaths) {
          await lab.refused(read, [{ path }])
          if (path !== 'link/secret.txt') await lab.refused(list, [{ path }])
        }
        return await lab.refused(search, [
          { query: 'CANARY', path: 'link' },
          { query: 'CANARY', path: '../outside' },
        ])
      },
      fileChanges: async (lab) => {
        linkOut(lab)
        return await noChange(lab, outsidePaths)
      },
      shell: async (lab) => {
        linkOut(lab)
        return await lab.refused(
          echo(lab),
          ['..', '/tmp', 'link', 'a/../..'].map((folder) => ({ program: '/bin/echo', args: ['hello'], folder })),
        )
      },
    },
  },
  {
    attack: 'a folder that is replaced by a link, again and again, while the tool works',
    tools: {
      files: async (lab) => {
        const [, read] = files({ root: lab.root })
        await whileFlipping(lab, async () => {
          const { text } = await lab.call(read, { path: 'flip/secret.txt' })
          must(!text.includes(secret), 'a file outside was read')
        })
        return 'stays inside'
      },
      fileChanges: async (lab) => {
        const [write] = changes(lab)
        await whileFlipping(lab, () => lab.call(write, { path: 'flip/secret.txt', content: 'changed', replace: true }))
        must(readFileSync(join(lab.outside, 'secret.txt'), 'utf8') === secret, 'the file outside has changed')
        return 'stays inside (Linux)'
      },
    },
  },
  {
    attack: 'settings and hooks of git, the trash',
    tools: {
      fileChanges: (lab) => noChange(lab, ['.git/hooks/post-commit', '.GIT/config', 'git~1/config', 'sub/.git/config', '.trash/x']),
      shell: async (lab) => {
        const any = { path: '/usr/bin/git', arguments: 'any' } as const
        must(!existsSync(any.path) || throws(() => shell({ root: lab.root, programs: [any] })), 'git with any arguments was accepted')
        return 'git with any arguments is refused'
      },
    },
  },
  {
    attack: 'a call that is repeated after a crash, with its key',
    tools: {
      fileChanges: async (lab) => {
        const [write, edit, move, remove] = changes(lab)
        for (const round of [1, 2]) must((await lab.text(write, { path: 'again.txt', content: 'one one' }, 'w')) !== '', `write ${round}`)
        const once = { path: 'again.txt', old_text: 'one one', new_text: 'one one one' }
        await lab.text(edit, once, 'e')
        await lab.call(edit, once, 'e')
        must(readFileSync(join(lab.root, 'again.txt'), 'utf8') === 'one one one', 'the edit was made twice')
        await lab.text(remove, { path: 'again.txt' }, 'd')
        await lab.text(remove, { path: 'again.txt' }, 'd')
        must(move.effect === 'once', 'move_file may be repeated')
        return 'made once'
      },
      shell: async (lab) => {
        must(echo(lab).effect === 'once', 'run_program may be repeated')
        return 'not repeated: a person is asked'
      },
    },
  },
  {
    attack: 'a FIFO, which never answers',
    tools: {
      files: async (lab) => {
        execFileSync('mkfifo', [join(lab.root, 'fifo')])
        return await lab.refused(files({ root: lab.root })[1], [{ path: 'fifo' }])
      },
      fileChanges: async (lab) => {
        execFileSync('mkfifo', [join(lab.root, 'fifo2')])
        return await lab.refused(changes(lab)[1], [{ path: 'fifo2', old_text: 'a', new_text: 'b' }])
      },
    },
  },
  {
    attack: 'ten reads of a file of 80 MB in one line',
    isLong: true,
    tools: {
      files: async (lab) => {
        const path = join(lab.root, 'long.txt')
        const [, read] = files({ root: lab.root })
        writeFileSync(path, Buffer.alloc(80_000_000, 'x'))
        const before = process.memoryUsage().rss
        for (let round = 0; round < 10; round++) must((await lab.text(read, { path: 'long.txt' })).length < 60_000, 'a long result')
        must(process.memoryUsage().rss - before < maxGrowth, 'the line was held in memory')
        rmSync(path)
        return 'cut, in bounded memory'
      },
    },
  },
]

function throws(act: () => unknown): boolean {
  try {
    act()
    return false
  } catch {
    return true
  }
}
