import type { AgentError } from '../../contract/errors.ts'
import type { Warning } from '../../contract/model.ts'
import type { ToolFailure } from '../../contract/result.ts'

const maxWarnings = 100
const noFailures: readonly ToolFailure[] = []

/**
 * What this process knows of a run beside its records: warnings, and the original errors behind recorded failures. A replay in another
 * process has none of them, so nothing that the loop decides depends on them.
 */
export class Notes {
  readonly #warnings: Warning[] = []
  /** By operation key. */
  #failures: Map<string, AgentError> | undefined
  #toolErrors: ToolFailure[] | undefined
  /** Checked values, by the operation that checked them. */
  #checked: Map<string, { readonly value: unknown }> | undefined

  get warnings(): readonly Warning[] {
    return this.#warnings
  }

  /** Keeps a warning for the result, each once and at most 100. Returns whether it is new. */
  addWarning(warning: Warning): boolean {
    const isKnown = this.#warnings.some(({ code, message }) => code === warning.code && message === warning.message)
    if (isKnown || this.#warnings.length >= maxWarnings) return false
    this.#warnings.push(warning)
    return true
  }

  keepFailure(operationKey: string, error: AgentError): void {
    this.#failures ??= new Map()
    this.#failures.set(operationKey, error)
  }

  failureOf(operationKey: string): AgentError | undefined {
    return this.#failures?.get(operationKey)
  }

  /** Keeps the value that a schema made of an input: the call gets this very value. */
  keepChecked(operation: string, value: unknown): void {
    this.#checked ??= new Map()
    this.#checked.set(operation, { value })
  }

  checkedBy(operation: string): { readonly value: unknown } | undefined {
    return this.#checked?.get(operation)
  }

  /** What tools threw, in the order in which their calls ended. */
  get toolErrors(): readonly ToolFailure[] {
    return this.#toolErrors ?? noFailures
  }

  keepToolError(failure: ToolFailure): void {
    this.#toolErrors ??= []
    this.#toolErrors.push(failure)
  }
}
