import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { OutputEnds } from './output-ends.ts'
import { ProcessGroup } from './process-group.ts'

/** One run of a program. */
export interface ProgramRun {
  readonly path: string
  readonly args: readonly string[]
  /** The folder in which it runs. */
  readonly folder: string
  /** All variables that it gets. */
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number
  /** Of each of both outputs. */
  readonly maxOutputBytes: number
  readonly signal: AbortSignal
}

/** How a program ended. */
export interface ProgramEnd {
  readonly exitCode: number | null
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | null
  /** True if it was ended at the deadline. */
  readonly isLate: boolean
  readonly stdout: OutputEnds
  readonly stderr: OutputEnds
  /** True if a process that left the group still had an output open. */
  readonly isStillOpen: boolean
}

type Child = ChildProcessByStdio<null, Readable, Readable>

/**
 * Runs a program without a shell and without input, in a process group of its own. At the deadline and when the signal aborts, the group is
 * ended. What the program leaves behind in the group is ended, too, before this settles.
 *
 * @throws The error of the system if it cannot be started, and the reason of the signal.
 */
export async function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  run.signal.throwIfAborted()
  const child: Child = spawn(run.path, run.args, { cwd: run.folder, env: { ...run.env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true, shell: false })
  const outputs = { stdout: collect(child.stdout, run.maxOutputBytes), stderr: collect(child.stderr, run.maxOutputBytes) }
  const { pid } = child
  // Without a process, the `error` event follows.
  if (pid === undefined) throw (await once(child, 'error'))[0]
  const group = new ProcessGroup(pid)
  const closed = new Promise<true>((resolve) => child.once('close', () => resolve(true)))
  const { isLate } = await untilExit(child, { run, group })
  await group.close(run.graceMs)
  const isStillOpen = !(await closedSoon(child, closed))
  run.signal.throwIfAborted()
  return { exitCode: child.exitCode, signal: child.signalCode, isLate, ...outputs, isStillOpen }
}

function collect(stream: Readable, maxBytes: number): OutputEnds {
  const ends = new OutputEnds(maxBytes)
  stream.on('data', (chunk: Buffer) => ends.add(chunk))
  // An output that breaks is one that ends.
  stream.on('error', () => undefined)
  return ends
}

/** Waits for the first process, and ends the group at the deadline and when the signal aborts. */
function untilExit(child: Child, { run, group }: { readonly run: ProgramRun; readonly group: ProcessGroup }): Promise<{ readonly isLate: boolean }> {
  return new Promise((resolve) => {
    let isLate = false
    const stop = (): void => group.end(run.graceMs)
    const timer = setTimeout(() => {
      isLate = true
      stop()
    }, run.timeoutMs)
    run.signal.addEventListener('abort', stop)
    child.once('exit', () => {
      clearTimeout(timer)
      run.signal.removeEventListener('abort', stop)
      resolve({ isLate })
    })
  })
}

/** A process that made a group of its own can hold the outputs open for ever: they are not read any longer. */
async function closedSoon(child: Child, closed: Promise<true>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), 200)
  })
  const isClosed = await Promise.race([closed, late])
  clearTimeout(timer)
  child.stdout.destroy()
  child.stderr.destroy()
  return isClosed
}
