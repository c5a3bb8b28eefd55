import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tool } from '@capstan/core'
import { shell } from '@capstan/tools/shell'
import type { AttackCase } from './attack-case.ts'
import { type Lab, must, secret } from './lab.ts'

const sh = (lab: Lab, timeoutMs = 60_000): Tool =>
  shell({
    root: lab.root,
    programs: [{ path: '/bin/sh', arguments: 'any', runsOtherCode: true }],
    env: { PATH: '/usr/bin:/bin' },
    needsApproval: false,
    timeoutMs,
    maxOutputBytes: 10_000,
  })
const script = (source: string) => ({ program: '/bin/sh', args: ['-c', source] })

async function pidIn(path: string): Promise<number> {
  while (!existsSync(path) || !readFileSync(path, 'utf8').endsWith('\n')) await new Promise((resolve) => setTimeout(resolve, 10))
  return Number(readFileSync(path, 'utf8'))
}

/** A process that has ended and that nobody has asked for is a zombie. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Attacks by programs and their arguments. */
export const programCases: readonly AttackCase[] = [
  {
    attack: 'syntax of a shell in an argument',
    tools: {
      shell: async (lab) => {
        writeFileSync(join(lab.root, 'victim'), '')
        const echo = shell({ root: lab.root, programs: [{ path: '/bin/echo', arguments: 'any' }], needsApproval: false })
        for (const text of ['$HOME', '`id`', '$(id)', '; rm victim', '* > victim', '"\'\n& rm victim']) {
          must((await lab.text(echo, { program: '/bin/echo', args: [text] })).includes(text), `${text} was not passed as it is`)
        }
        must(existsSync(join(lab.root, 'victim')), 'a file was removed')
        return 'text without a meaning'
      },
    },
  },
  {
    attack: 'another program, other arguments, an interpreter',
    tools: {
      shell: async (lab) => {
        const wc = shell({ root: lab.root, programs: [{ path: '/usr/bin/wc', arguments: [['-l', /[\w.]+/]] }], needsApproval: false })
        const calls = [
          ['/bin/sh'],
          ['wc', '-l', 'a'],
          ['/usr/bin/wc', '-l'],
          ['/usr/bin/wc', '--files0-from=x', 'a'],
          ['/usr/bin/wc', '-l', '--files0-from=x'],
          ['/usr/bin/wc', '-l', 'a\n-x'],
        ]
        await lab.refused(
          wc,
          calls.map(([program = '', ...args]) => ({ program, args })),
        )
        for (const path of ['/bin/sh', '/usr/bin/env', process.execPath]) {
          let isRefused = false
          try {
            shell({ root: lab.root, programs: [{ path, arguments: 'any' }] })
          } catch {
            isRefused = true
          }
          must(isRefused, `${path} was accepted`)
        }
        return 'refused; nobody is asked'
      },
    },
  },
  {
    attack: 'secrets in the environment of the process',
    tools: {
      shell: async (lab) => {
        process.env['STOCK_SECRET'] = secret
        try {
          await lab.text(sh(lab), script('env; cat /proc/self/environ'))
        } finally {
          delete process.env['STOCK_SECRET']
        }
        return 'not passed on'
      },
    },
  },
  {
    attack: 'a process that ignores SIGTERM, at the deadline, with its children',
    isLong: true,
    tools: {
      shell: async (lab) => {
        const path = join(lab.root, 'pid')
        const { text } = await lab.call(
          sh(lab, 300),
          script(`trap '' TERM; (trap '' TERM; sh -c 'echo $$ > pid; exec sleep 1000') & while :; do sleep 1; done`),
        )
        must(text.includes('It did not end within 0.3 s'), text)
        must(!isAlive(await pidIn(path)), 'a child lives')
        return 'killed'
      },
    },
  },
  {
    attack: 'a process that leaves its process group (`setsid`)',
    tools: {
      shell: async (lab) => {
        const path = join(lab.root, 'left')
        const text = await lab.text(sh(lab), script('setsid sh -c "echo \\$\\$ > left; exec sleep 1000" & until [ -s left ]; do sleep 0.01; done'))
        must(text.includes('left its process group and may still be running'), text)
        process.kill(await pidIn(path), 'SIGKILL')
        return '**survives**; the result says so'
      },
    },
  },
]
