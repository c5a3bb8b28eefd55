/** Names of counters, with the names of their labels. All values of labels come from lists of this package or of the operator, never from a client. */
const counters = {
  capstan_http_requests_total: { help: 'Requests by route and status.', labels: ['route', 'status'] },
  capstan_refusals_total: { help: 'Refused requests by code.', labels: ['code'] },
  capstan_runs_started_total: { help: 'Runs begun by agent.', labels: ['agent'] },
  capstan_runs_settled_total: { help: 'Runs that ended or paused, by agent and stop reason.', labels: ['agent', 'reason'] },
  capstan_tokens_total: { help: 'Tokens of runs that have ended, by agent.', labels: ['agent'] },
} as const

/** A counter. */
export type CounterName = keyof typeof counters

/** A value that is read when it is asked for. */
export interface Gauge {
  readonly name: string
  readonly help: string
  readonly read: () => number
}

/** Counts for Prometheus. */
export class Metrics {
  readonly #counts = new Map<CounterName, Map<string, number>>()

  add(name: CounterName, values: readonly string[], amount = 1): void {
    const counts = this.#counts.get(name) ?? new Map<string, number>()
    const labels = counters[name].labels.map((label, index) => `${label}="${escapeLabel(values[index] ?? '')}"`).join(',')
    this.#counts.set(name, counts.set(labels, (counts.get(labels) ?? 0) + amount))
  }

  /** Everything in the text form of Prometheus. */
  text(gauges: readonly Gauge[]): string {
    const lines: string[] = []
    for (const [name, { help }] of Object.entries(counters)) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} counter`)
      for (const [labels, count] of this.#counts.get(name as CounterName) ?? []) lines.push(`${name}{${labels}} ${count}`)
    }
    for (const { name, help, read } of gauges) lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${read()}`)
    return `${lines.join('\n')}\n`
  }
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
