/** A request with the names of the wire. Each client converts it to its own form. */
export interface Question {
  readonly baseURL: string
  readonly model: string
  readonly prompt?: string | undefined
  /** Request parameters by their names on the wire. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined
  readonly tools?: readonly WireTool[] | undefined
  /** A tool that must be called, for clients that have a separate form for it. */
  readonly toolName?: string | undefined
  readonly apiKey?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Default 0: the client's own retries are off. */
  readonly maxRetries?: number | undefined
}

export interface WireTool {
  readonly type: 'function'
  readonly function: { readonly name: string; readonly description: string; readonly parameters: Readonly<Record<string, unknown>> }
}

/** What a client parsed. */
export interface Parsed {
  readonly text: string
  readonly reasoning: string
  readonly calls: readonly ParsedCall[]
  readonly finishReason: string
  readonly usage: ParsedUsage | undefined
  readonly id: string | undefined
  readonly model: string | undefined
  readonly createdSeconds: number | undefined
  readonly fingerprint: string | undefined
  /** Tokens of the log probabilities. */
  readonly logprobs: readonly string[]
}

export interface ParsedCall {
  readonly id: string
  readonly name: string
  /** The arguments as the client returns them: text or parsed. */
  readonly input: unknown
}

export interface ParsedUsage {
  readonly input: number | undefined
  readonly output: number | undefined
  readonly total: number | undefined
  readonly cached: number | undefined
  readonly reasoning: number | undefined
}

/** One client in one mode. */
export interface Client {
  readonly name: string
  readonly library: 'openai' | 'ai'
  readonly streams: boolean
  ask(question: Question): Promise<Parsed>
}

export const defaultPrompt = 'Hello.'

/** A tool with string parameters, all required. */
export function stringTool(name: string, ...parameters: readonly string[]): WireTool {
  const properties = Object.fromEntries(parameters.map((parameter) => [parameter, { type: 'string', description: parameter }]))
  return { type: 'function', function: { name, description: `The tool ${name}.`, parameters: { type: 'object', properties, required: parameters } } }
}
