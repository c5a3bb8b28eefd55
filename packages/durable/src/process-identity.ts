import { createHash } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'

/** A process, so that another one can tell whether it is gone. What an operating system does not tell is `null`. */
export interface ProcessIdentity {
  readonly host: string
  /** Hash of the id of the installation. */
  readonly machine: string | null
  /** Changes with each start of the machine. */
  readonly boot: string | null
  readonly pidNamespace: string | null
  readonly pid: number
  /** In ticks since the machine started: tells two processes of one pid apart. */
  readonly startTime: string | null
}

let self: Promise<ProcessIdentity> | undefined

/** This process. Read once: nothing of it changes. */
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
  // The id itself is not for others to read: https://www.freedesktop.org/software/systemd/man/latest/machine-id.html
  const machine = machineId && createHash('sha256').update(`capstan ${machineId}`).digest('hex').slice(0, 16)
  return { host: hostname(), machine: machine || null, boot, pidNamespace, pid: process.pid, startTime: stat?.startTime ?? null }
}

/**
 * True only when it is certain that the process is gone: its machine was started anew, or its pid is free, is a zombie or belongs to
 * a process that began at another time. A process of another machine, container or pid namespace is never certain.
 */
export async function isGone(other: ProcessIdentity): Promise<boolean> {
  const self = await identifyProcess()
  if (other.host !== self.host || other.machine !== self.machine) return false
  if (other.boot !== self.boot) return self.machine !== null && other.boot !== null && self.boot !== null
  if (other.pidNamespace !== self.pidNamespace) return false
  if (!isPidTaken(other.pid)) return true
  const stat = await statOf(other.pid)
  if (stat === undefined) return false
  return stat.state === 'Z' || stat.state === 'X' || (other.startTime !== null && stat.startTime !== other.startTime)
}

function isPidTaken(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Not permitted to signal it: it is there.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
async function statOf(pid: number): Promise<{ readonly state: string; readonly startTime: string } | undefined> {
  const text = await textOf(`/proc/${pid}/stat`)
  // The name of the program stands in parentheses and may hold anything, also parentheses. State is field 3, start time field 22.
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
