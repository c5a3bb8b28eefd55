import type { Lab } from './lab.ts'

/** An attack on a server, and what is seen of it: a throw means that it had an effect. */
export interface ServerCase {
  readonly attack: string
  readonly run: (lab: Lab) => Promise<string>
}
