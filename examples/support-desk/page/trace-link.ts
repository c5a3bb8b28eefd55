import { el } from './dom.ts'

/** A link to everything that happened in a run. */
export function traceLink(runId: string, ofWhat: string): HTMLElement {
  const href = `/staff/traces/${encodeURIComponent(runId)}`
  return el('a', { class: 'link', href, target: '_blank', rel: 'noopener', 'aria-label': `Trace: ${ofWhat}` }, 'Trace')
}
