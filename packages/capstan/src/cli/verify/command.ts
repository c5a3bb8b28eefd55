import { writeFileSync } from 'node:fs'
import { exitCodes } from '../exit-codes.ts'
import type { Host } from '../host.ts'
import { columnsOf, styleFor } from '../terminal/output.ts'
import { ShownText, say } from '../terminal/shown-text.ts'
import { wrapText } from '../terminal/wrap.ts'
import { parseVerifyArguments, type VerifyArguments } from './arguments.ts'
import { readCases, readReference, runCases } from './cases.ts'
import type { Finding } from './finding.ts'
import { maxProbeRequests, runProbes } from './probes.ts'
import { type CaseResult, type Score, scoreOf } from './score.ts'
import { type Target, targetOf } from './target.ts'

/** `capstan verify`: contract probes against an endpoint, and the accuracy of its tool calls. */
export async function verifyCommand(words: readonly string[], host: Host): Promise<number> {
  const args = parseVerifyArguments(words)
  // The files are read first, so that an unreadable file does not cost requests.
  const cases = args.only === 'probes' ? [] : readCases(args.cases).slice(0, args.maxCases)
  const reference = args.reference === undefined ? undefined : readReference(args.reference)
  const controller = new AbortController()
  const release = host.onStop(() => controller.abort(new Error('interrupted')))
  const target = targetOf(args, controller.signal)
  try {
    const requests = maxProbeRequests + cases.length
    if (!args.json) host.stderr.write(say`Verifying ${target.id} against the profile '${target.profileName}'. This sends up to ${requests} requests.\n`)
    const findings = args.only === 'cases' ? [] : await runProbes(target, (finding) => show(host, finding, args))
    const results = findings.some(({ state, probe }) => probe === 'answer' && state === 'failed') ? [] : await runCases(target, cases, controller.signal)
    if (args.save !== undefined) writeFileSync(args.save, results.map((result) => `${JSON.stringify(result)}\n`).join(''))
    return report(host, args, { target, findings, results, score: scoreOf(results, reference) })
  } catch (error) {
    if (!controller.signal.aborted) throw error
    host.stderr.write(say`Interrupted.\n`)
    return exitCodes.aborted
  } finally {
    release()
  }
}

interface Verified {
  readonly target: Target
  readonly findings: readonly Finding[]
  readonly results: readonly CaseResult[]
  readonly score: Score
}

function show(host: Host, { probe, state, expected, seen }: Finding, { json }: VerifyArguments): void {
  if (json) return
  const style = styleFor(host.stdout, host.env)
  const colour = { ok: 'green', note: 'cyan', differs: 'red', failed: 'red', skipped: 'dim' } as const
  const detail = state === 'ok' ? seen : `${seen} (expected: ${expected})`
  const line = say`${style(colour[state], say`${state.padEnd(8)}`)} ${probe.padEnd(26)} ${detail}`
  host.stdout.write(say`${wrapText(line, columnsOf(host.stdout), ' '.repeat(36))}\n`)
}

function report(host: Host, args: VerifyArguments, verified: Verified): number {
  const { target, findings, results, score } = verified
  const problems = problemsOf(args, verified)
  if (args.json) {
    const { id, profileName, requests } = target
    const ok = problems.length === 0
    host.stdout.write(say`${ShownText.json({ model: id, profile: profileName, requests, ok, problems, probes: findings, score, cases: results }, 2)}\n`)
    return problems.length === 0 ? exitCodes.finished : exitCodes.error
  }
  const failed = results.flatMap(({ case: number, problem }) => (problem === undefined ? [] : [say`  case ${number}: ${problem}`]))
  const verdict = problems.length === 0 ? 'As expected.' : `Not as expected: ${problems.join('; ')}.`
  host.stdout.write(say`${ShownText.join([...(score.cases > 0 ? scoreLines(score) : []), ...failed, say`${verdict}`])}\n`)
  return problems.length === 0 ? exitCodes.finished : exitCodes.error
}

function scoreLines({ cases, withCalls, validCalls, schemaAccuracy, trigger }: Score): readonly ShownText[] {
  const accuracy = schemaAccuracy === undefined ? 'unknown' : percent(schemaAccuracy)
  return [
    say`cases ${cases}, ended for tool calls ${withCalls}, with valid calls ${validCalls}: schema accuracy ${accuracy}`,
    ...(trigger === undefined
      ? []
      : [say`trigger F1 ${percent(trigger.f1)} (precision ${percent(trigger.precision)}, recall ${percent(trigger.recall)}, ${trigger.compared} compared)`]),
  ]
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(2)} %`
}

/** The reasons for exit code 1. */
function problemsOf({ minAccuracy, minF1, reference }: VerifyArguments, { findings, results, score }: Verified): readonly string[] {
  const wrong = findings
    .filter(({ state }) => state === 'differs' || state === 'failed')
    .map(({ probe, state }) => `${probe} ${state === 'failed' ? 'failed' : 'differs'}`)
  const refused = results.filter(({ finishReason }) => finishReason === 'error').length
  return [
    ...wrong,
    ...(refused > 0 ? [`${refused} of ${results.length} cases were refused`] : []),
    ...(score.schemaAccuracy !== undefined && score.schemaAccuracy < minAccuracy ? [`schema accuracy under ${percent(minAccuracy)}`] : []),
    ...(score.trigger !== undefined && score.trigger.f1 < minF1 ? [`trigger F1 under ${percent(minF1)}`] : []),
    ...(reference !== undefined && score.cases > 0 && score.trigger === undefined ? ['the reference has none of these cases'] : []),
  ]
}
