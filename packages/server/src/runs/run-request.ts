import type { StartRequest } from '../protocol.ts'

/** What begins a run. */
export interface RunRequest extends StartRequest {
  /**
   * True where readers cannot take text back that they have shown: a reply that breaks after a part of its text ends the run with an error then,
   * and is not asked for again.
   */
  readonly keepsText?: true
}
