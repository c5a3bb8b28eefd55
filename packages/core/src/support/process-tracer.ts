import type { Tracer } from '../contract/tracer.ts'

/** Shared by all copies of this package in a process: a program that was bundled has one of its own. */
const slot = Symbol.for('@capstan/core/process-tracer')
// Nothing declares the slot, so that no program uses it by accident.
const holder = globalThis as { [slot]?: Tracer | undefined }

/** Records all runs of this process that begin from now on; `undefined` ends that. The only setting for a complete process that there is. */
export function setProcessTracer(tracer: Tracer | undefined): void {
  holder[slot] = tracer
}

const none: readonly Tracer[] = []

/** What records a run: the tracer of its agent and the one of the process. */
export function tracersOf(own: Tracer | undefined): readonly Tracer[] {
  const shared = holder[slot]
  if (shared === undefined || shared === own) return own === undefined ? none : [own]
  return own === undefined ? [shared] : [own, shared]
}
