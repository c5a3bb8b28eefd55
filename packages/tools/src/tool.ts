import type { Json, JsonObject, Label, Target, Tool, ToolCallContext, ToolEffect } from '@capstan/core'
import { findUnknownNames, refusedTool } from '@capstan/core/internal'
import { checkDefinition } from './check-definition.ts'
import { defaultMaxResultBytes, defaultTimeoutMs } from './limits.ts'
import { withRuntime } from './load-runtime.ts'
import type { ToolSpec } from './run-tool.ts'
import { resolveSchema } from './schema/input-schema.ts'
import type { InputOf, InputSchema } from './schema/standard-schema.ts'

/** Options of `tool()`. `Context` is inferred if `execute` declares it: `(input, { context }: ToolCallContext<Tenant>)`. */
export interface ToolOptions<Schema extends InputSchema, Context> {
  /** 1 to 64 letters, digits, `_` and `-`, the first a letter or `_`. Some models have stricter rules, which their profiles check. */
  readonly name: string
  /** Written for the model: what the tool does, when to use it, what it returns. */
  readonly description: string
  /** zod 3.25 or 4 (mini too), any Standard Schema with a JSON Schema, or JSON Schema. Its top must be an object. */
  readonly inputSchema: Schema
  /** Shown to the model in place of the converted schema; inputs are still checked by `inputSchema`. */
  readonly jsonSchema?: JsonObject
  /** What repeating a call means. Default: `once`, which is never repeated automatically. */
  readonly effect?: ToolEffect
  /** True for tools that are called again with equal inputs on purpose, such as polling: the repeat guard does not count them. Default: false. */
  readonly repeatable?: boolean
  /** Whether a person must approve a call. A function that throws or takes longer than the timeout counts as yes. Default: false. */
  readonly needsApproval?: boolean | ((input: InputOf<Schema>, context: Context) => boolean | Promise<boolean>)
  /**
   * Returns the question that a person must answer before the call runs: JSON, usually a text; `undefined` for no question. `execute`
   * gets the answer as `answer`. An answer approves the call too. When the function throws, a person is asked for approval.
   */
  readonly ask?: (input: InputOf<Schema>, context: Context) => Json | undefined | Promise<Json | undefined>
  /**
   * The version of the tool, such as `'2'`. Change it when the tool does something else: an approval is valid only for the version that
   * the person was shown. Default: none, so an approval is bound only to the schema and the effect of the tool.
   */
  readonly version?: string
  /** How long a person may take to approve a call or to answer `ask`, in milliseconds. After that the call is denied. Default: no limit. */
  readonly expiresInMs?: number
  /** Time limit in milliseconds for one call with all its attempts, including reading a stream. Checking the input has a separate limit of the same length. Default: 120,000. */
  readonly timeoutMs?: number
  /**
   * What a long run keeps of the tool. `true`: in an agent with a catalogue it stays in the list of each request, and its results stay in the
   * history, which then never shortens them. `'definition'`: only the former. Default: false.
   */
  readonly pinned?: boolean | 'definition'
  /**
   * A longer result is cut for the model, to this many bytes of UTF-8: its beginning and its end. The complete result is kept, and the model can
   * read it by its id. The model never gets more than about 4 % of its context window. Default: 50,000.
   */
  readonly maxResultBytes?: number
  /**
   * What every result of the tool is. `untrusted`: others can write it, such as a page, a mail or a ticket, so after it the agent needs a person or a
   * policy for calls that reach something. `secret`: the same for calls that reach `external`. Default: neither.
   */
  readonly returns?: Label | readonly Label[]
  /** What a call reaches: `external` (data can leave), `money`, `write`, `code`, or words of your own. Default: nothing. */
  readonly reaches?: readonly string[]
  /**
   * The destinations of a call: complete addresses, hosts, paths or account numbers, unique by themselves. A call whose destinations are all in the
   * caller's own text, or are returned as `{ target, allowed: true }`, is not asked about. Only with `reaches`. Default: none, so such a call is asked about.
   */
  readonly targets?: (input: InputOf<Schema>) => readonly Target[]
  /** Further attempts after a throw, with the same `idempotencyKey`; for `read` and `idempotent` only. Default: 0. */
  readonly retries?: number
  /** Does the work. Its result becomes text for the model; the model sees the message of what it throws only if that is a `ToolError`. */
  execute(input: InputOf<Schema>, call: ToolCallContext<Context>): unknown
}

const optionNames: Readonly<Record<keyof ToolOptions<InputSchema, unknown>, true>> = {
  name: true,
  description: true,
  inputSchema: true,
  jsonSchema: true,
  effect: true,
  repeatable: true,
  pinned: true,
  needsApproval: true,
  ask: true,
  version: true,
  expiresInMs: true,
  timeoutMs: true,
  maxResultBytes: true,
  retries: true,
  returns: true,
  reaches: true,
  targets: true,
  execute: true,
}

const instead = {
  id: 'name',
  parameters: 'inputSchema',
  schema: 'inputSchema',
  input: 'inputSchema',
  args: 'inputSchema',
  strict: '`strictTools` in the settings of the model',
  run: 'execute',
  func: 'execute',
  handler: 'execute',
  call: 'execute',
  requireApproval: 'needsApproval',
  timeout: 'timeoutMs',
  maxRetries: 'retries',
  trust: 'returns',
  sinks: 'reaches',
}

function checkNames(options: object): void {
  const problem = findUnknownNames(options, { names: Object.keys(optionNames), what: 'an option of tool()', instead })
  if (problem !== undefined) throw refusedTool(`Tool ${JSON.stringify(Object(options).name ?? '')}: ${problem}`)
}

/**
 * Makes a tool: a function that a model can call, with its input checked, its time limited and its result capped.
 *
 * @throws {AgentError} `invalid-tool`, if it cannot be offered to a model. The message gives the tool, the JSON pointer and how to fix it.
 */
export function tool<const Schema extends InputSchema, Context = unknown>(options: ToolOptions<Schema, Context>): Tool<Context> {
  checkNames(options)
  const { name, description, effect = 'once', repeatable = false, timeoutMs = defaultTimeoutMs, maxResultBytes = defaultMaxResultBytes, retries = 0 } = options
  const { needsApproval = false, ask, version, expiresInMs, pinned = false, returns, reaches, targets } = options
  checkDefinition({
    name,
    description,
    effect,
    timeoutMs,
    maxResultBytes,
    retries,
    version,
    expiresInMs,
    pinned,
    returns,
    reaches,
    targets,
    execute: options.execute,
  })
  const schema = resolveSchema(options.inputSchema, options.jsonSchema, `The inputSchema of tool "${name}"`)
  // The schema checks at run time that the input has the type that it gives at compile time.
  const typed = (input: unknown): InputOf<Schema> => input as InputOf<Schema>
  const spec: ToolSpec<Context> = { schema, timeoutMs, maxResultBytes, retries, execute: (input, call) => options.execute(typed(input), call) }
  return Object.freeze({
    name,
    description,
    inputSchema: schema.json,
    effect,
    repeatable,
    maxResultBytes,
    ...(pinned !== false && { pinned }),
    ...(version !== undefined && { version }),
    ...(expiresInMs !== undefined && { expiresInMs }),
    ...(returns !== undefined && { returns }),
    ...(reaches !== undefined && { reaches }),
    ...(targets !== undefined && { targets: (value: unknown) => targets(typed(value)) }),
    needsApproval:
      typeof needsApproval === 'boolean'
        ? needsApproval
        : (value: unknown, context: Context) => withRuntime(({ callHook }) => callHook(timeoutMs, () => needsApproval(typed(value), context))),
    ...(ask !== undefined && {
      ask: (value: unknown, context: Context) => withRuntime(({ callHook }) => callHook(timeoutMs, () => ask(typed(value), context))),
    }),
    check: (input: Json) => withRuntime(({ checkToolInput }) => checkToolInput(spec, input)),
    run: (value: unknown, call: ToolCallContext<Context>) => withRuntime(({ runTool }) => runTool(spec, value, call)),
  })
}
