const pollMs = 20

/** Groups of this process that have not ended. When the process exits, they are killed. */
const living = new Set<number>()

/** A program and everything that it starts, as far as that stays in its process group. */
export class ProcessGroup {
  readonly #id: number
  #killTimer: NodeJS.Timeout | undefined

  /** @param id - The id of the first process, which leads the group. */
  constructor(id: number) {
    this.#id = id
    if (living.size === 0) process.on('exit', killLiving)
    living.add(id)
  }

  /** Asks the group to end, and kills it if it has not ended after the grace period. Later calls do nothing. */
  end(graceMs: number): void {
    if (this.#killTimer !== undefined) return
    send(this.#id, 'SIGTERM')
    // A stopped process gets no signal but SIGKILL until it is continued.
    send(this.#id, 'SIGCONT')
    this.#killTimer = setTimeout(() => send(this.#id, 'SIGKILL'), graceMs)
  }

  /** Ends what the first process left behind, and waits until it is gone. */
  async close(graceMs: number): Promise<void> {
    this.end(graceMs)
    for (let waited = 0; waited <= graceMs + pollMs && send(this.#id, 0); waited += pollMs) await new Promise((resolve) => setTimeout(resolve, pollMs))
    send(this.#id, 'SIGKILL')
    // Later the system may give the id to another process.
    clearTimeout(this.#killTimer)
    living.delete(this.#id)
    if (living.size === 0) process.off('exit', killLiving)
  }
}

function killLiving(): void {
  for (const id of living) send(id, 'SIGKILL')
}

/** @returns False if the group has no process any more. */
function send(id: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-id, signal)
  } catch (error) {
    // A process of another user is there, but cannot be ended.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
