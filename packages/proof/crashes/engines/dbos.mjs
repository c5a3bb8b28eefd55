// DBOS under the crash matrix: a PostgreSQL server of its own, and workers that die.
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresFolder, startPostgres, Witness } from '@capstan/test-kit'
import { DBOS, DBOSClient } from '@dbos-inc/dbos-sdk'
import { casesOn } from './dbos-cases.mjs'
import { Crew } from './dbos-crew.mjs'
import { recordedSteps } from './dying.mjs'

const runId = 'run-1'

/** @type {import('./index.mjs').CrashEngine} */
export const engine = {
  unavailable: async () => (postgresFolder() === undefined ? 'PostgreSQL (Debian: postgresql) is not installed' : undefined),
  async start({ quick }) {
    const server = await startPostgres()
    const url = server.urlOf('crashes')
    await DBOS.migrate(url)
    const client = await DBOSClient.create({ systemDatabaseUrl: url })
    let runs = 0

    /** `during` takes part in what happens to the crew. */
    async function runToEnd({ plan = [], during = () => {}, ...crash }) {
      const folder = mkdtempSync(join(tmpdir(), 'capstan-crash-'))
      // An application of its own, so that no worker takes up the run of another row.
      const name = `crash-${++runs}`
      const [oracle, steps] = [join(folder, 'oracle'), join(folder, 'steps')]
      const config = { name, applicationVersion: name, executorID: 'worker', systemDatabaseUrl: url }
      const crew = new Crew({ ...crash, runId: `${name}-${runId}`, config, oracle, steps }, plan)
      crew.afterKill = async () => {
        for (const step of (await client.listWorkflowSteps(crew.setting.runId)) ?? []) appendFileSync(steps, `recorded ${step.name}\n`)
      }
      try {
        const outside = new Witness(oracle)
        const [result] = await Promise.all([crew.drive(outside), during(crew)])
        return { kills: crew.kills, unknown: crew.unknown.size, result, outside: outside.read(), records: recordedSteps(steps) }
      } finally {
        await crew.stop()
        rmSync(folder, { recursive: true, force: true })
      }
    }

    return {
      runToEnd,
      withinMs: 800,
      cases: quick ? [] : casesOn({ client, runToEnd, server }),
      async stop() {
        await client.destroy()
        await server.stop()
      },
    }
  },
}
