// The tables of docs/proof.md: one row for each step, with the day and the commit of its last run.

const head = ['| step | what it shows | passed | failed | skipped | seconds | day | commit |', '|---|---|---:|---:|---:|---:|---|---|']

/**
 * Replaces the rows of the steps that ran. Rows of other steps stay as they are.
 *
 * @param {string} page
 * @param {{ list: 'proof' | 'ci', steps: import('./steps.mjs').Step[], results: import('./run-step.mjs').StepResult[], day: string, commit: string }} run
 */
export function withResults(page, { list, steps, results, day, commit }) {
  const [begin, end] = [`<!-- ${list} -->`, `<!-- /${list} -->`]
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`docs/proof.md has no lines ${begin} and ${end} to write the table between.`)
  const kept = new Map(
    page
      .slice(from, to)
      .split('\n')
      .map((line) => [nameIn(line), line]),
  )
  const made = new Map(results.map((result) => [result.step.name, rowOf(result, { day, commit })]))
  const rows = steps.flatMap(({ name }) => made.get(name) ?? kept.get(name) ?? [])
  return `${page.slice(0, from)}${begin}\n${[...head, ...rows].join('\n')}\n${page.slice(to)}`
}

/** @param {string} line */
function nameIn(line) {
  return line.split('|')[1]?.trim()
}

/**
 * @param {import('./run-step.mjs').StepResult} result
 * @param {{ day: string, commit: string }} run
 */
function rowOf({ step, passed, failed, skipped, seconds }, { day, commit }) {
  const cells = [step.name, step.shows ?? '', ...[passed, failed, skipped, Math.round(seconds)].map((count) => count.toLocaleString('en')), day, commit]
  return `| ${cells.join(' | ')} |`
}

/** @param {import('./run-step.mjs').StepResult[]} results */
export function summaryOf(results) {
  return results
    .map(({ step, passed, failed, skipped, seconds }) => {
      const [ok, bad, left] = [passed, failed, skipped].map((count) => String(count).padStart(5))
      return `${step.name.padEnd(24)} ${ok} passed ${bad} failed ${left} skipped ${seconds.toFixed(0).padStart(6)} s`
    })
    .join('\n')
}
