// A program of Next: it is built, started, asked over HTTP and stopped.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { runCommand } from '../packed/run-command.mjs'

const env = { NEXT_TELEMETRY_DISABLED: '1' }

/**
 * @param {string} project
 * @param {'nodejs' | 'edge'} runtime
 */
export async function checkNext(project, runtime) {
  const folder = join(project, `next-${runtime}`)
  cpSync(join(project, 'next'), folder, { recursive: true })
  cpSync(join(project, 'ask.mjs'), join(folder, 'ask.mjs'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const route = join(folder, 'app/ask/route.js')
  if (runtime === 'edge')
    writeFileSync(
      route,
      readFileSync(route, 'utf8')
        .replace("'nodejs'", "'edge'")
        .replace(/^.*dynamic.*\n/m, ''),
    )
  const next = join(project, 'node_modules/next/dist/bin/next')
  await runCommand(process.execPath, [next, 'build'], { cwd: folder, env })
  await askServer(folder, next)
}

/** @param {string} folder @param {string} next */
async function askServer(folder, next) {
  const server = spawn(process.execPath, [next, 'start', '--hostname', '127.0.0.1', '--port', '0'], {
    cwd: folder,
    env: { ...process.env, ...env, NO_COLOR: '1' },
  })
  let output = ''
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => (output += chunk))
  try {
    let url
    while (url === undefined && server.exitCode === null) {
      url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0]
      await setTimeout(50)
    }
    const said = await (await fetch(`${url}/ask`)).text()
    if (said !== '["Three.","3"]') throw new Error(`The route answered ${said}\n${output}`)
  } finally {
    server.kill()
    await once(server, 'close')
  }
}
