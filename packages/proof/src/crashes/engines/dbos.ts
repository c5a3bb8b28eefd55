import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresFolder, startPostgres, Witness } from '@capstan/test-kit'
import { DBOS, DBOSClient } from '@dbos-inc/dbos-sdk'
import type { RunReport } from '../crash.ts'
import { dbosCases } from './dbos-cases.ts'
import { Crew, type DbosCrash, type RunningDbos } from './dbos-crew.ts'
import { recordedSteps } from './dying.ts'
import type { CrashEngine } from './engine.ts'

/** DBOS: a PostgreSQL server of its own, and workers that die. */
export const dbos: CrashEngine<RunningDbos> = {
  unavailable: () => (postgresFolder() === undefined ? 'PostgreSQL (Debian: postgresql) is not installed' : undefined),
  async start() {
    const server = await startPostgres()
    const systemDatabaseUrl = server.urlOf('crashes')
    await DBOS.migrate(systemDatabaseUrl)
    const client = await DBOSClient.create({ systemDatabaseUrl })
    return {
      client,
      server,
      runToEnd: (crash) => runToEnd({ client, systemDatabaseUrl }, crash),
      async stop() {
        await client.destroy()
        await server.stop()
      },
    }
  },
  withinMs: 800,
  cases: dbosCases,
}

let runs = 0

async function runToEnd(
  { client, systemDatabaseUrl }: { readonly client: DBOSClient; readonly systemDatabaseUrl: string },
  { plan = [], during, team = false, overflow = false, ...crash }: DbosCrash,
): Promise<RunReport> {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-crash-'))
  const steps = join(folder, 'steps')
  const outside = new Witness(join(folder, 'witness'))
  // An application of its own, so that no worker continues the run of another row.
  const name = `crash-${++runs}`
  const config = { name, applicationVersion: name, executorID: 'worker', systemDatabaseUrl }
  const crew = new Crew(
    { ...crash, ...(team && { team: {} }), ...(overflow && { overflow: {} }), runId: `${name}-run-1`, config, witness: outside.path, steps },
    plan,
  )
  crew.afterKill = async () => {
    for (const step of (await client.listWorkflowSteps(crew.setting.runId)) ?? []) appendFileSync(steps, `recorded ${step.name}\n`)
  }
  try {
    const [result] = await Promise.all([crew.drive(outside), during?.(crew)])
    return { kills: crew.kills, unknown: crew.unknown.size, result, outside: outside.read(), records: recordedSteps(steps) }
  } finally {
    await crew.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
