import { createHash } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'

/** Identifies a process, so that another process can find out whether it is gone. A field is `null` if the operating system does not provide it. */
export interface ProcessIdentity {
  readonly host: string
  /** Hash of the id of the installation. */
  readonly machine: string | null
  /** Changes with each start of the machine. */
  readonly boot: string | null
  readonly pidNamespace: string | null
  readonly pid: number
  /** Start time in ticks since the start of the machine. It distinguishes two processes that had the same pid. */
  readonly startTime: string | null
}

let self: Promise<ProcessIdentity> | undefined

/** The identity of this process. It is read once, because it never changes. */
export function identifyProcess(): Promise<ProcessIdentity> {
  self ??= readIdentity()
  return self
}

async function readIdentity(): Promise<ProcessIdentity> {
  const [machineId, boot, pidNamespace, stat] = await Promise.all([
    textOf('/etc/machine-id'),
    textOf('/proc/sys/kernel/random/boot_id'),
    readlink('/proc/self/ns/pid').catch(() => null),
    statOf(process.pid),
  ])
  // The id itself is confidential: https://www.freedesktop.org/software/systemd/man/latest/machine-id.html
  const machine = machineId && createHash('sha256').update(`capstan ${machineId}`).digest('hex').slice(0, 16)
  return { host: hostname(), machine: machine || null, boot, pidNamespace, pid: process.pid, startTime: stat?.startTime ?? null }
}

/**
 * True only if it is certain that the process is gone: its kernel and pid namespace are those of this process, and its pid is free,
 * belongs to a zombie, or belongs to a process that started at another time. Nothing is certain about a process with another boot id:
 * its machine may have been restarted, or it may run on another machine that was copied from the same disk image.
 */
export async function isGone(other: ProcessIdentity): Promise<boolean> {
  if (!isSameSystem(other, await identifyProcess())) return false
  if (!isPidTaken(other.pid)) return true
  const stat = await statOf(other.pid)
  if (stat === undefined) return false
  return stat.state === 'Z' || stat.state === 'X' || (other.startTime !== null && stat.startTime !== other.startTime)
}

function isSameSystem(left: ProcessIdentity, right: ProcessIdentity): boolean {
  if (left.boot === null || left.pidNamespace === null) return false
  return left.boot === right.boot && left.pidNamespace === right.pidNamespace && left.host === right.host && left.machine === right.machine
}

/** True when a process of this pid namespace has the pid. */
export function isPidTaken(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Any other error, such as a missing permission, means that the process exists.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
async function statOf(pid: number): Promise<{ readonly state: string; readonly startTime: string } | undefined> {
  const text = await textOf(`/proc/${pid}/stat`)
  // The name of the program is in parentheses and may contain parentheses. The state is field 3, the start time is field 22.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, startTime] = [fields?.[0], fields?.[19]]
  return state === undefined || startTime === undefined ? undefined : { state, startTime }
}

async function textOf(path: string): Promise<string | null> {
  return await readFile(path, 'utf8').then(
    (text) => text.trim() || null,
    () => null,
  )
}
