// Validates files of other systems against their schemas: node check.mjs FILE ...
// A file in `github` is a workflow, one in `kubernetes` a cron job. What is wrong is printed, with status 1.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { installAlone } from '../../../scripts/install-alone.mjs'

const folder = fileURLToPath(new URL('.', import.meta.url))
installAlone(folder, 'The linters of workflows and cron jobs')

const problems = []
for (const path of process.argv.slice(2)) problems.push(...(path.includes('kubernetes') ? await checkCronJob(path) : checkWorkflow(path)))
for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1

function checkWorkflow(path) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${folder}node_modules/@action-validator/cli/cli.mjs`, path], { encoding: 'utf8' })
  return status === 0 ? [] : [`${path}: ${stdout}${stderr}`]
}

async function checkCronJob(path) {
  const { CronJob } = await import('kubernetes-models/batch/v1/CronJob')
  const { parse } = await import('yaml')
  try {
    new CronJob(parse(readFileSync(path, 'utf8'))).validate()
    return []
  } catch (error) {
    return [`${path}: ${error.message}`]
  }
}
