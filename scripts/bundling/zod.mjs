// Copies of zod: each of them as the only one of a program, and all of them in one program.
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { installers, makeProject } from '../packed/projects.mjs'
import { runCommand } from '../packed/run-command.mjs'
import { readJson } from '../project-files.mjs'
import { programs } from './cases.mjs'

const versions = ['3.25.76', '4.0.17', '4.1.13', '4.6.7']
const converter = readJson('packages/tools/package.json').devDependencies['zod-to-json-schema']

/** @returns {import('./cases.mjs').Case[]} */
export function zodCases(base, tarballs) {
  const alone = versions.map((version) => ({
    name: `zod ${version}: input of a tool, output`,
    ...(version.startsWith('3') && { setting: 'the package `zod-to-json-schema`' }),
    run: () => runAlone(base, tarballs, { zod: version, ...(version.startsWith('3') && { 'zod-to-json-schema': converter }) }),
  }))
  return [
    ...alone,
    {
      name: 'zod 3.25.76 without `zod-to-json-schema`',
      setting: '`npm install zod-to-json-schema`',
      fails: /a schema of zod 3 needs the package zod-to-json-schema/,
      run: () => runAlone(base, tarballs, { zod: '3.25.76' }),
    },
    {
      name: 'zod 3.25 and its `zod/v4`, 4.0, 4.1, 4.6 and `zod/mini` in one program',
      run: (project) => runCommand(process.execPath, ['zod-mixed.mjs'], { cwd: project }),
    },
    {
      name: 'the same, types',
      run: (project) =>
        runCommand(
          process.execPath,
          [
            'node_modules/typescript7/bin/tsc',
            '--noEmit',
            '--strict',
            '--skipLibCheck',
            '--target',
            'es2022',
            '--lib',
            'es2023,esnext.disposable',
            '--types',
            'node',
            '--module',
            'nodenext',
            'zod-types.ts',
          ],
          { cwd: project },
        ),
    },
  ].map((one) => ({ group: 'zod', ...one }))
}

/** More copies of zod for the project that has all of them. */
export const otherZods = { 'other-zod-3': 'npm:zod@3.25.76', 'other-zod-4-0': 'npm:zod@4.0.17', 'other-zod-4-1': 'npm:zod@4.1.13' }

async function runAlone(base, tarballs, others) {
  const folder = join(base, `zod-${others.zod}-${Object.keys(others).length}`)
  makeProject(folder, tarballs, { direct: ['capstan'], others })
  for (const file of ['zod-check.mjs', 'zod-alone.mjs']) cpSync(join(programs, file), join(folder, file))
  await installers.npm(folder, '--omit=dev')
  await runCommand(process.execPath, ['zod-alone.mjs'], { cwd: folder })
  rmSync(join(folder, 'node_modules'), { recursive: true })
}
