import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callTool, makeCall } from '../testing/call.ts'
import { type FileRoot, makeFileRoot, use } from '../testing/file-root.ts'
import { type ShellOptions, shell } from './index.ts'
import { OutputEnds } from './output-ends.ts'

let folders: FileRoot
let files = 0
const oneByte = Buffer.from('x')
const listeners = process.listenerCount('exit')

beforeAll(() => {
  folders = makeFileRoot()
})

afterAll(() => folders.remove())

const sh = (options: Partial<ShellOptions> = {}) =>
  shell({ root: folders.root, programs: [{ path: '/bin/sh', arguments: 'any', runsOtherCode: true }], env: { PATH: '/usr/bin:/bin' }, ...options })
const script = (source: string) => ({ program: '/bin/sh', args: ['-c', source] })
/** A name for a file in which a script leaves the ids of its processes. */
const pidFile = (): string => `pids-${++files}`

async function pidsIn(name: string): Promise<readonly number[]> {
  const path = join(folders.root, name)
  await until(() => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n'))
  return readFileSync(path, 'utf8').trim().split('\n').map(Number)
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** A process that has ended and that nobody has asked for is still listed, as a zombie. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

test('a program that ignores SIGTERM is killed at the deadline, and what it wrote is in the result', async () => {
  const pids = pidFile()
  const text = await use(sh({ timeoutMs: 300 }), script(`trap '' TERM; echo begun; echo $$ > ${pids}; while :; do sleep 1; done`))
  expect(text).toContain('error: It did not end within 0.3 s and was ended: ended by the signal SIGKILL. It may have done a part of its work.')
  expect(text).toContain('stdout, 6 bytes:\nbegun')
  expect((await pidsIn(pids)).filter(isAlive)).toEqual([])
})

test('a program that ends at SIGTERM can clean up', async () => {
  const text = await use(sh({ timeoutMs: 300 }), script(`trap 'echo cleaned; exit 7' TERM; while :; do sleep 0.1; done`))
  expect(text).toContain('was ended: exit code 7')
  expect(text).toContain('cleaned')
})

test('children, and children of children, that ignore SIGTERM are killed with the program', async () => {
  const pids = pidFile()
  const source = `trap '' TERM; (echo $$ >> ${pids}; (sh -c 'trap "" TERM; echo $$ >> ${pids}; while :; do sleep 1; done') & while :; do sleep 1; done) & sh -c 'echo $$ >> ${pids}; while :; do sleep 1; done'`
  await use(sh({ timeoutMs: 500 }), script(source))
  const found = await pidsIn(pids)
  expect(found).toHaveLength(3)
  expect(found.filter(isAlive)).toEqual([])
})

test('what a program leaves behind is ended, whether it holds the outputs open or not', async () => {
  const [first, second] = [pidFile(), pidFile()]
  expect(await use(sh(), script(`sleep 1000 & echo $! > ${first}; echo done`))).toContain('exit code 0\nstdout, 5 bytes:\ndone')
  expect(
    await use(sh(), script(`(trap '' TERM; sh -c 'echo $$ > ${second}; exec sleep 1000') >/dev/null 2>&1 & until [ -s ${second} ]; do sleep 0.01; done`)),
  ).toContain('exit code 0')
  expect([...(await pidsIn(first)), ...(await pidsIn(second))].filter(isAlive)).toEqual([])
})

test('a stopped program is ended, too', async () => {
  const pids = pidFile()
  const text = await use(sh({ timeoutMs: 300 }), script(`echo $$ > ${pids}; kill -STOP $$; echo continued`))
  expect(text).toContain('It did not end within 0.3 s')
  expect((await pidsIn(pids)).filter(isAlive)).toEqual([])
})

test('a process that leaves the group and holds an output open does not keep the call waiting', async () => {
  const pids = pidFile()
  const text = await use(sh(), script(`setsid sh -c 'echo $$ > ${pids}; exec sleep 1000' & until [ -s ${pids} ]; do sleep 0.01; done; echo done`))
  expect(text).toContain('exit code 0\nA process that it started left its process group and may still be running; what it writes is not read.')
  expect(text).toContain('done')
  // This is the documented limit: only a container or a user of its own ends such a process.
  const [pid = 0] = await pidsIn(pids)
  expect(isAlive(pid)).toBe(true)
  process.kill(pid, 'SIGKILL')
})

test('when the run is aborted, the group is ended', async () => {
  const pids = pidFile()
  const controller = new AbortController()
  const running = callTool(sh(), script(`trap '' TERM; echo $$ > ${pids}; while :; do sleep 1; done`), makeCall({ signal: controller.signal }))
  const [pid = 0] = await pidsIn(pids)
  controller.abort()
  expect(await running).toMatchObject({ status: 'abandoned' })
  await until(() => !isAlive(pid))
  await until(() => process.listenerCount('exit') === listeners)
})

test('when this process exits, the group is killed; afterwards no listener stays', async () => {
  const before = process.listeners('exit')
  const pids = pidFile()
  const running = use(sh(), script(`trap '' TERM; echo $$ > ${pids}; while :; do sleep 1; done`))
  const others = Array.from({ length: 15 }, () => use(sh(), script('true')))
  const [pid = 0] = await pidsIn(pids)
  const added = process.listeners('exit').filter((listener) => !before.includes(listener))
  expect(added).toHaveLength(1)
  added[0]?.call(process, 0)
  expect(await running).toContain('ended by the signal SIGKILL')
  await Promise.all(others)
  expect([isAlive(pid), process.listeners('exit').length]).toEqual([false, before.length])
})

test('a flood of output is read to the deadline in bounded memory, and its ends are kept', async () => {
  const text = await use(sh({ timeoutMs: 500, maxOutputBytes: 10_000 }), script('echo begin; exec yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'))
  expect(text).toMatch(/^error: It did not end within 0\.5 s/)
  expect(text).toMatch(/stdout, [\d,]+ bytes:\nbegin\na/)
  expect(text).toMatch(/\[… \d+ of \d+ bytes left out …\]/)
  expect(text.length).toBeLessThan(11_000)
})

test('100 MB on both outputs are left out but for their ends', async () => {
  const text = await use(
    sh({ maxOutputBytes: 2_000 }),
    script('head -c 100000000 /dev/zero | tr "\\0" x; echo END; head -c 100000000 /dev/zero | tr "\\0" y >&2; echo FIN >&2'),
  )
  expect(text).toMatch(/^exit code 0\nstdout, 100,000,004 bytes:\nx+\n\[… 99998004 of 100000004 bytes left out …\]\nx+END\nstderr, 100,000,004 bytes:\ny+/)
  expect(text).toMatch(/y+FIN$/)
})

test('bytes that are not UTF-8 become replacement characters', async () => {
  expect(await use(sh(), script("printf 'a\\377b'"))).toBe('exit code 0\nstdout, 3 bytes:\na\ufffdb\nstderr: empty')
})

test('a program that closes its outputs and runs on is waited for', async () => {
  expect(await use(sh(), script('exec >&- 2>&-; sleep 0.2; exit 5'))).toBe('exit code 5\nstdout: empty\nstderr: empty')
})

test('many programs at once keep their outputs apart', async () => {
  const tool = sh()
  const texts = await Promise.all(Array.from({ length: 30 }, (_value, index) => use(tool, script(`echo ${index}; echo e${index} >&2; exit ${index}`))))
  expect(texts).toEqual(
    Array.from(
      { length: 30 },
      (_value, index) => `exit code ${index}\nstdout, ${`${index}\n`.length} bytes:\n${index}\nstderr, ${`e${index}\n`.length} bytes:\ne${index}`,
    ),
  )
})

test('the ends of an output are cut between characters, whatever its chunks are', () => {
  for (let shift = 0; shift < 4; shift++) {
    const bytes = Buffer.from('x'.repeat(shift) + '😀ä€'.repeat(1_000))
    for (const size of [1, 7, 1_000, bytes.length]) {
      const ends = new OutputEnds(1_024)
      for (let at = 0; at < bytes.length; at += size) ends.add(bytes.subarray(at, at + size))
      expect(ends.size).toBe(bytes.length)
      expect(ends.text()).not.toContain('\ufffd')
      expect(Buffer.byteLength(ends.text())).toBeLessThan(1_100)
    }
  }
})

test('millions of chunks of one byte take no more memory than what is kept', () => {
  const ends = new OutputEnds(2_000_000)
  const bytesInUse = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
  const before = bytesInUse()
  for (let index = 0; index < 3_000_000; index++) ends.add(oneByte)
  // Objects that nobody uses any more are counted, too; an object for each chunk would take more than 200 MB.
  expect(bytesInUse() - before).toBeLessThan(100_000_000)
  expect(ends.text()).toHaveLength(2_000_000 + '\n[… 1000000 of 3000000 bytes left out …]\n'.length)
})

test('an output that fits is kept completely', () => {
  const bytes = Buffer.from('ä'.repeat(512))
  const ends = new OutputEnds(1_024)
  for (const byte of bytes) ends.add(Buffer.from([byte]))
  expect(ends.text()).toBe('ä'.repeat(512))
})
