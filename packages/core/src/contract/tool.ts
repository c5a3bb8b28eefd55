import type { Label, Target } from './flow.ts'
import type { Json } from './json.ts'
import type { ToolStatus } from './messages.ts'
import type { ToolDefinition } from './model.ts'

/**
 * What repeating a call means: `read` changes nothing, `idempotent` may be repeated with the same key, `once` must not be repeated
 * without asking a person.
 */
export type ToolEffect = 'read' | 'idempotent' | 'once'

/**
 * A tool as the loop sees it. `tool()` of `@capstan/tools` makes one; anything with this shape works.
 * `Context` is what the caller gives to `generate`: it is never sent to the model and never recorded.
 */
export interface Tool<Context = unknown> extends ToolDefinition {
  readonly effect: ToolEffect
  /** True for tools that are called again with the same input on purpose, such as polling: the repeat guard does not count them. */
  readonly repeatable: boolean
  /**
   * What a long run keeps of the tool. `true`: its definition stays in the requests of an agent with a catalogue, and its results stay in the
   * history. `'definition'`: only its definition. Default: neither.
   */
  readonly pinned?: boolean | 'definition'
  /** Changes with what the tool does: an approval of a call counts only for the version that was shown. Default: none. */
  readonly version?: string
  /** A longer result is cut for the model, to this many bytes of UTF-8; the complete value is kept. Default: 50,000. */
  readonly maxResultBytes?: number
  /** How long a person may take to approve a call, in milliseconds; later the call is denied. Default: for ever. */
  readonly expiresInMs?: number
  /** Whether a person must approve a call before it runs; a function decides for each checked value. */
  readonly needsApproval: boolean | ((value: unknown, context: Context) => boolean | Promise<boolean>)
  /** Returns the question that a person must answer before the call runs, usually a text; `undefined` for no question. The call gets the answer as `answer`. */
  readonly ask?: (value: unknown, context: Context) => Json | undefined | Promise<Json | undefined>
  /** What every result of the tool is. Default: neither, so its results are trusted as the instructions are. */
  readonly returns?: Label | readonly Label[]
  /** What a call reaches: `external`, `money`, `write`, `code`, or words of your own. Default: nothing, so the guard of an agent lets it run. */
  readonly reaches?: readonly string[]
  /** The destinations of a call, by its checked value. Only with `reaches`. */
  readonly targets?: (value: never) => readonly Target[]
  /** The agent that answers calls of this tool: only of a tool that `asTool` made. */
  readonly child?: ToolChild
  /** Checks a parsed input against the schema. The loop calls it once for each call. Never throws. */
  check(input: Json): ToolCheck | Promise<ToolCheck>
  /**
   * Executes. Never throws: what goes wrong is a `ToolOutput` too.
   *
   * @param value - What `check` made of the input: the very value that `needsApproval` and `ask` were given.
   */
  run(value: unknown, call: ToolCallContext<Context>): Promise<ToolOutput>
}

/** An agent that answers the calls of a tool. The loop runs it; `run` of the tool does not. */
export interface ToolChild {
  /** The tools of the agent. An agent that is given as a function is made when they are first read. */
  readonly tools: ReadonlyMap<string, Tool<never>>
  /** The same tool, whose agent has other options. */
  rewired(change: OptionsChange): Tool<never>
}

/** Makes the options of a copy from those of an agent. */
export interface OptionsChange {
  <Options extends object>(options: Options): Options
  /** What takes the place of a tool of the loop, such as `read_result`. Default: the tool itself. */
  readonly builtIn?: (tool: Tool<never>) => Tool<never>
}

/** The checked value of an input, or the message for the model about what to correct. */
export type ToolCheck =
  | {
      readonly ok: true
      readonly value: unknown
      /** Inputs that were changed without loss to fit the schema, such as `"5"` to `5`, by JSON pointer. */
      readonly coerced?: readonly string[]
    }
  | { readonly ok: false; readonly message: string }

/** What `execute` of a tool receives in addition to its input. */
export interface ToolCallContext<Context = unknown> {
  /**
   * Aborts with the run, at the tool's own timeout and at the time limit of the run. For a tool that is not made by `tool()` it is one
   * signal for all calls of the run: remove listeners when the call ends.
   */
  readonly signal: AbortSignal
  readonly context: Context
  /** The same for each repetition of this call: pass it to the service that has the effect. */
  readonly idempotencyKey: string
  /** The provider's id of the call. Not unique within a run: use `idempotencyKey` as a key. */
  readonly toolCallId: string
  /** What a person answered to the question of `ask`. */
  readonly answer?: Json
  /** The most characters of a result that are kept: 16,777,216. Absent in runs that release 0.1.0 began, which keep only what the model gets. */
  readonly maxResultCharacters?: number
  /** Reports progress as a `tool-progress` event. Ignored after the end of the call. */
  readonly progress: (data: Json) => void
}

/** How a tool call ended. */
export interface ToolOutput {
  readonly status: ToolStatus
  /** The complete text. The loop cuts what is too long for the model; in runs that release 0.1.0 began, the tool has to do it. */
  readonly text: string
  /** The error that was thrown: only on the live event, never recorded. */
  readonly error?: unknown
}

/** The name in a name that a model wrote: some send the prefix or suffix that belongs to the id of a call, `functions.NAME:0`. */
export function bareToolName(name: string): string {
  return name.replace(/^functions\./, '').replace(/:\d+$/, '')
}
