import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Agent,
  type AgentOptions,
  type Guard,
  type HistoryEdit,
  type JsonObject,
  type Message,
  type RunEvent,
  type RunOptions,
  type RunResult,
  type Tool,
  type ToolSource,
  user,
} from '@capstan/core'
import { childTool } from '@capstan/core/internal'
import { output, tool } from '@capstan/tools'
import { type Call, hostileModel, type Step } from './hostile-model.ts'
import type { Person } from './person.ts'
import { inputOf, makeSink, type Sink } from './sinks.ts'
import { injectionFor, type Source } from './sources.ts'
import type { World } from './world.ts'

export interface StageOptions {
  /** The name of the plan. */
  readonly plan: string
  readonly world: World
  readonly source: Source
  readonly sink: Sink
  readonly person: Person
  /** Default: that of the framework. */
  readonly guard?: Guard | undefined
  /** The secret is carried in base64. */
  readonly isEncoded: boolean
}

/** An agent of an attack. */
export interface Cast extends Partial<Omit<AgentOptions, 'model' | 'tools'>> {
  readonly name: string
  readonly steps: readonly Step[]
  readonly tools?: readonly (Tool | ToolSource)[]
  readonly summary?: string
}

/** Of an agent behind a tool. */
export interface Behind {
  readonly output?: object
  readonly returns?: 'result' | 'final'
}

type TalkOptions = Pick<RunOptions, 'journal' | 'runId' | 'session' | 'signal'>

/** Where an attack is played: its agents and tools, the person, and the conversation. */
export class Stage implements AsyncDisposable {
  readonly plan: string
  readonly guard: Guard | undefined
  readonly world: World
  readonly source: Source
  readonly sink: Sink
  /** Everything that the person who starts runs has written. */
  readonly said: string[] = []
  readonly edits: HistoryEdit['kind'][] = []
  /** Warnings and errors of runs, as JSON: what ends up in logs. */
  readonly logged: string[] = []
  readonly #options: StageOptions
  #folder: string | undefined

  constructor(options: StageOptions) {
    this.plan = options.plan
    this.guard = options.guard
    this.world = options.world
    this.source = options.source
    this.sink = options.sink
    this.#options = options
  }

  /** The call that brings content of others to the model. */
  get read(): Step {
    return { calls: [[this.source.tool, { name: 'news' }]] }
  }

  /** A step of honest work. */
  get work(): Step {
    return { calls: [['work', {}]] }
  }

  /** The call that the attacker wants. */
  get wanted(): readonly [tool: string, input: JsonObject] {
    const { sink } = this
    const text = `Send this: ${this.world.canary}`
    return [sink.tool, inputOf(sink, this.#options.isEncoded ? Buffer.from(text).toString('base64') : text)]
  }

  /** The call that the attacker wants, to another target. */
  get elsewhere(): Call {
    const [tool, input] = this.wanted
    return [tool, { ...input, ...this.sink.elsewhere }]
  }

  /** The attacker tries three times, whatever became of the first two. */
  attack(call: Call = this.wanted): readonly Step[] {
    return Array.from({ length: 3 }, () => ({ calls: [call] }))
  }

  /** The tool from which the content comes. */
  sourceTool(filler = ''): Tool {
    return this.source.make(this.world, filler)
  }

  /** The tool that the attacker wants to use. */
  sinkTool(): Tool {
    return makeSink(this.world, this.sink)
  }

  /** A tool without any declaration. */
  workTool(): Tool {
    return tool({ name: 'work', description: 'Works.', inputSchema: { type: 'object', properties: {} }, effect: 'read', repeatable: true, execute: () => 'ok' })
  }

  /** Makes an agent. By default it has the source, the sink and honest work. */
  agent({ name, steps, summary, guard = this.guard, tools = [this.sourceTool(), this.sinkTool(), this.workTool()], ...options }: Cast): Agent {
    const model = hostileModel(this.world, { agent: name, steps, ...(summary !== undefined && { summary }) })
    const onEvent = (event: RunEvent): void => {
      if (event.type === 'warning' || event.type === 'run-error') this.logged.push(JSON.stringify(event))
    }
    return new Agent({ name, model, tools, onEvent, ...(guard !== undefined && { guard }), ...options })
  }

  /** Puts an agent behind a tool of its name. What it is asked is what the model wrote. */
  behind(cast: Cast, { output: schema, returns = 'result' }: Behind = {}): Tool {
    const asked = tool({
      name: cast.name,
      description: `Asks ${cast.name}.`,
      inputSchema: { type: 'object', properties: { task: { type: 'string' } }, required: ['task'] },
      execute: (input) => String((input as { readonly task: string }).task),
    })
    return childTool(asked, this.agent(cast), { returns, ...(schema !== undefined && { output: output(schema as never) }) })
  }

  /** Runs until the end, or until the person leaves. Each continuation is by a new agent, from JSON, as in another process. */
  async talk(make: () => Agent, input: string | readonly Message[], options: TalkOptions = {}): Promise<RunResult> {
    let result = await make().generate(typeof input === 'string' ? this.#inputOf(input, options) : [...input], options)
    for (;;) {
      this.edits.push(...result.edits.map(({ kind }) => kind))
      const answers = result.status === 'paused' ? this.#options.person.answer(result.pending) : undefined
      if (answers === undefined) return result
      const { journal, session } = options
      if (journal !== undefined) result = await make().resume(result.runId, { answers, journal, ...(session !== undefined && { session }) }).result
      else result = await make().resume(JSON.parse(JSON.stringify(result.state)), { answers, ...(session !== undefined && { session }) }).result
    }
  }

  /** What a person says; with the marked message, if the content comes in one. A run that continues has the same input again. */
  #inputOf(text: string, { runId }: TalkOptions): Message[] {
    const isFirst = this.said.length === 0 || runId !== undefined
    this.said.push(text)
    if (!(this.source.isMessage && isFirst)) return [user(text)]
    if (this.world.of('source').length === 0) this.world.note({ kind: 'source', tool: 'input', taints: this.source.taints })
    return [user([{ type: 'text', text: injectionFor(this.world), labels: this.source.taints }]), user(text)]
  }

  /** A temporary folder of this attack. */
  async folder(): Promise<string> {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'capstan-attack-'))
    return this.#folder
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true })
  }
}
