/** A scenario of the conformance suite, at one version of the protocol. */
export interface Scenario {
  readonly name: string
  readonly version: '2025-11-25' | '2026-07-28'
  /** Ids of the checks that fail, and why that is right. */
  readonly expected?: { readonly checks: readonly string[]; readonly because: string }
}

const isWithoutDialect = {
  checks: ['json-schema-2020-12-client-$schema-preserved'],
  because: 'the scenario wants the schema back as it came; here it is the one that models are given, without `$schema`',
}

/** Those that a client without an OAuth flow can be asked. */
export const scenarios: readonly Scenario[] = [
  { name: 'initialize', version: '2025-11-25' },
  { name: 'tools_call', version: '2025-11-25' },
  { name: 'elicitation-sep1034-client-defaults', version: '2025-11-25' },
  { name: 'sse-retry', version: '2025-11-25' },
  { name: 'json-schema-2020-12-preservation', version: '2025-11-25', expected: isWithoutDialect },
  { name: 'tools_call', version: '2026-07-28' },
  { name: 'request-metadata', version: '2026-07-28' },
  { name: 'http-standard-headers', version: '2026-07-28' },
  { name: 'http-custom-headers', version: '2026-07-28' },
  { name: 'http-invalid-tool-headers', version: '2026-07-28' },
  { name: 'json-schema-ref-no-deref', version: '2026-07-28' },
  { name: 'json-schema-2020-12-preservation', version: '2026-07-28', expected: isWithoutDialect },
  { name: 'sep-2322-client-request-state', version: '2026-07-28' },
]

/** What is not tried, for the table. */
export const notTried: readonly (readonly [what: string, because: string])[] = [
  ['`auth/*` (33 scenarios)', 'there is no OAuth flow: a token is given in `headers`'],
  ['`sep-2640-*` (4 scenarios)', 'an extension for skills, which is not offered'],
]
