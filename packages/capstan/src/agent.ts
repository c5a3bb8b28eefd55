import { type AgentOptions, Agent as CoreAgent } from '@capstan/core'
import { output } from '@capstan/tools'

/** The agent of `@capstan/core` that also reads the schemas of libraries: `new Agent({ output: z.object({ … }) })`. */
export class Agent<Context = unknown, Output = unknown> extends CoreAgent<Context, Output> {
  /** @throws {AgentError} `invalid-options` or `invalid-tool`, before any request is sent. */
  constructor(options: AgentOptions<Context, Output>) {
    super(options, output)
  }
}
