import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { TraceSource, writeReport } from '@capstan/trace/viewer'
import type { Journal } from 'capstan'
import { personOf } from './people.ts'
import { safeHeaders } from './static-files.ts'

/** What only supervisors get: the newest runs of all customers, and the trace of any of them. */
export class StaffRoutes {
  readonly #journal: Journal
  readonly #traces: string

  constructor({ journal, traces }: { readonly journal: Journal; readonly traces: string }) {
    this.#journal = journal
    this.#traces = traces
  }

  async answer(path: string): Promise<Response | undefined> {
    if (path === '/staff/runs') return Response.json(await this.#runs(), { headers: safeHeaders })
    const [, runId] = /^\/staff\/traces\/([\w.:-]{1,128})$/.exec(path) ?? []
    return runId === undefined ? undefined : await this.#trace(runId)
  }

  async #runs(): Promise<readonly object[]> {
    const { runs } = await this.#journal.list({ limit: 25 })
    const files = existsSync(this.#traces) ? await readdir(this.#traces) : []
    return runs.map(({ runId, status, beganAt, metadata }) => {
      const owner = String(metadata?.['principal'] ?? '')
      return { runId, status, beganAt, customer: personOf(owner)?.name ?? owner, hasTrace: files.some((name) => name.includes(runId)) }
    })
  }

  /** The viewer of `capstan trace`, as one page with everything in it. Its own policy allows its two scripts and nothing else. */
  async #trace(runId: string): Promise<Response | undefined> {
    if (!existsSync(this.#traces)) return undefined
    const source = TraceSource.ofFolder(this.#traces)
    if (!(await source.list()).runs.some((run) => run.runId === runId)) return undefined
    const pieces: string[] = []
    await writeReport(source, async (piece) => void pieces.push(piece), { run: runId, title: 'Support desk' })
    // In a sandbox the page has an origin of its own: nothing in a trace could use the login of the supervisor.
    const headers = { ...safeHeaders, 'content-security-policy': "sandbox allow-scripts; frame-ancestors 'none'", 'content-type': 'text/html; charset=utf-8' }
    return new Response(pieces.join(''), { headers })
  }
}
