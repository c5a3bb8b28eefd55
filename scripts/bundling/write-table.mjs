import { readFileSync, writeFileSync } from 'node:fs'
import { arch, platform } from 'node:os'
import { join } from 'node:path'
import { readText, root } from '../project-files.mjs'
import { tools } from './cases.mjs'

const page = 'docs/bundling.md'
const place = /(<!-- Written by npm run bundling -- --write\. -->\n)[\s\S]*?(<!-- The end of it\. -->)/

/** Writes the results into the page, with date and versions. @param {readonly (import('./cases.mjs').Case)[]} results @param {string} project */
export function writeTable(results, project) {
  const date = new Date().toISOString().slice(0, 10)
  const versions = [...Object.keys(tools).filter((name) => !name.startsWith('react')), 'typescript5', 'typescript7'].map(
    (name) => `${labelOf(name)} ${versionOf(join(project, 'node_modules', name))}`,
  )
  const bundlers = ['esbuild', 'rolldown', 'vite', 'webpack'].map((name) => `${name} ${versionOf(join(root, 'bundling/node_modules', name))}`)
  const intro = `Tried on ${date} with Node ${process.versions.node}, ${platform()} ${arch()}: ${[...versions, ...bundlers].join(', ')}.`
  const groups = [...new Set(results.map(({ group }) => group))]
  const tables = groups.map((group) =>
    tableOf(
      group,
      results.filter((result) => result.group === group),
    ),
  )
  writeFileSync(
    join(root, page),
    readText(page).replace(place, (_, start, end) => `${start}\n${intro}\n\n${tables.join('\n\n')}\n\n${end}`),
  )
}

/** @param {string} group @param {readonly (import('./cases.mjs').Case)[]} results */
function tableOf(group, results) {
  const rows = results.map(
    ({ name, fails, worksNot = fails !== undefined, setting = '' }) => `| ${name} | ${worksNot ? 'does not work' : 'works'} | ${setting} |`,
  )
  return [`| ${group} | | to set |`, '|---|---|---|', ...rows].join('\n')
}

/** @param {string} name */
function labelOf(name) {
  return name.startsWith('typescript') ? 'TypeScript' : name
}

/** @param {string} folder */
function versionOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
}
