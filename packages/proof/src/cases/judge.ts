import { findCanary } from '../lab/canary.ts'
import type { Case, CaseOptions, Check } from './case.ts'

/** Runs a case. It never rejects: what broke is a check that is not ok. */
export async function judge(one: Case, options: CaseOptions): Promise<readonly Check[]> {
  const checks = await one.run(options).catch(brokenCase)
  if (findCanary(checks) !== undefined) return [{ what: 'secrets', expected: 'no key shown', seen: 'a key in the checks', ok: false }]
  return checks.length > 0 ? checks : [{ what: 'the case', expected: 'checks something', seen: 'no checks', ok: false }]
}

function brokenCase(error: unknown): readonly Check[] {
  return [{ what: 'the case', expected: 'runs', seen: error instanceof Error ? (error.stack ?? error.message) : String(error), ok: false }]
}
