// Asks the demo of the README its question, as a reader does, in English and in Chinese, and looks for both numbers in the answer.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { root } from '../project-files.mjs'

const questions = [
  'What is 17% of 2,340, and how many days are there from 2026-11-21 to 2027-03-01?',
  '2,340 的 17% 是多少？从 2026-11-21 到 2027-03-01 有多少天？',
]

/** @type {[what: string, pattern: RegExp][]} */
const expected = [
  ['397.8', /(?:^|[^0-9.])397\.80?(?:[^0-9]|$)/m],
  ['100', /(?:^|[^0-9.])100(?:[^0-9]|$)/m],
]

const failures = questions.flatMap(ask)
for (const failure of failures) console.error(failure)
const reportFile = process.env['CAPSTAN_REPORT']
if (reportFile) {
  const failed = Math.min(failures.length, questions.length)
  writeFileSync(reportFile, JSON.stringify({ numPassedTests: questions.length - failed, numFailedTests: failed, numPendingTests: 0 }))
}
process.exitCode = failures.length > 0 ? 1 : 0

/** @param {string} question */
function ask(question) {
  const { status, stdout } = spawnSync('npm', ['start', '--', question], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  console.log(stdout)
  // npm repeats the command, with the question in it, in lines that begin with '>'.
  const answer = stdout.replaceAll(/^>.*$/gm, '')
  const missing = expected.filter(([, pattern]) => !pattern.test(answer)).map(([what]) => what)
  if (status !== 0) return [`'${question}': npm start ended with status ${status}.`]
  return missing.length === 0 ? [] : [`'${question}': the answer does not contain ${missing.join(' and ')}.`]
}
