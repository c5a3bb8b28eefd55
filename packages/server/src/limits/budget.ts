import type { Cost, Limits, RunUsage } from '@capstan/core'
import { checkNames, invalidOptions } from '@capstan/core/internal'
import { Refusal } from '../http/refusal.ts'

/** What a run has spent. */
export interface Spending {
  readonly tokens: number
  /** In micro-units of the currency of the model's prices. */
  readonly cost: number
}

/** Keeps what principals have spent. */
export interface SpendingLedger {
  /** Sets what a run has spent in total: calling it again for the same run replaces the earlier amount. */
  set(principalId: string, runId: string, spent: Spending & { readonly at: number }): void | Promise<void>
  /** The sum of all runs that spent something since this time, in milliseconds since the Unix epoch. */
  sum(principalId: string, since: number): Spending | Promise<Spending>
}

/** What all runs of one principal may spend in a time. At least one of `tokens` and `cost`. */
export interface Budget {
  readonly tokens?: number
  /** In micro-units of the currency of the model's prices. Needs models with prices. */
  readonly cost?: number
  /** The time, in milliseconds: of any such time, ending now. */
  readonly perMs: number
  /** Default: in the memory of this process, so a restart forgets what was spent. */
  readonly ledger?: SpendingLedger
}

/** @throws {AgentError} `invalid-options`. */
export function checkBudget(budget: Budget): void {
  checkNames(budget, { names: ['tokens', 'cost', 'perMs', 'ledger'], what: 'an option of `budget`', path: 'budget.' })
  const { tokens, cost, perMs } = budget
  // 0 is a budget too: of a principal who may begin no run.
  const isAmount = (value: unknown): boolean => typeof value === 'number' && value >= 0
  if (!isAmount(perMs) || perMs === 0 || [tokens, cost].some((value) => value !== undefined && !isAmount(value)) || (tokens ?? cost) === undefined) {
    throw invalidOptions('`budget` needs `perMs`, and at least one of `tokens` and `cost` as a number that is not negative.')
  }
}

/** A ledger in memory: entries leave it when their time is over. */
export class MemoryLedger implements SpendingLedger {
  readonly #spent = new Map<string, Map<string, Spending & { readonly at: number }>>()

  set(principalId: string, runId: string, spent: Spending & { readonly at: number }): void {
    const runs = this.#spent.get(principalId) ?? new Map<string, Spending & { readonly at: number }>()
    this.#spent.set(principalId, runs.set(runId, spent))
  }

  sum(principalId: string, since: number): Spending {
    const runs = this.#spent.get(principalId)
    let [tokens, cost] = [0, 0]
    for (const [runId, spent] of runs ?? []) {
      if (spent.at < since) runs?.delete(runId)
      else [tokens, cost] = [tokens + spent.tokens, cost + spent.cost]
    }
    if (runs?.size === 0) this.#spent.delete(principalId)
    return { tokens, cost }
  }
}

/** Keeps runs of a principal within its budget: what running ones may still spend is reserved. */
export class Budgets {
  readonly #memory = new MemoryLedger()
  readonly #reserved = new Map<string, Map<string, Spending>>()

  /**
   * Reserves what a new run may spend.
   *
   * @returns The limits of the run: no more than what is left.
   * @throws {Refusal} 429 when nothing is left, or other runs have reserved it.
   */
  async reserve({ principalId, runId, budget, limits }: Reservation): Promise<Limits> {
    if (budget === undefined) return limits
    // A run that settles while the ledger adds up may be missing in its sum, so what it had reserved counts too.
    const before = new Map(this.#reserved.get(principalId))
    const spent = await (budget.ledger ?? this.#memory).sum(principalId, Date.now() - budget.perMs)
    const reserved = sumOf(new Map([...before, ...(this.#reserved.get(principalId) ?? [])]))
    const left = { tokens: (budget.tokens ?? Infinity) - spent.tokens - reserved.tokens, cost: (budget.cost ?? Infinity) - spent.cost - reserved.cost }
    if (left.tokens < 1 || left.cost < 1) throw exhausted(spent, budget)
    const own = { tokens: Math.min(limits.tokens ?? Infinity, left.tokens), cost: Math.min(limits.cost ?? Infinity, left.cost) }
    const runs = this.#reserved.get(principalId) ?? new Map<string, Spending>()
    this.#reserved.set(principalId, runs.set(runId, own))
    return {
      ...limits,
      ...(own.tokens < Infinity && { tokens: Math.floor(own.tokens) }),
      ...(own.cost < Infinity && { cost: Math.floor(own.cost) }),
    }
  }

  /** Reserves what a continued run may spend. It began with limits, so it is not refused, but other runs have to wait for it. */
  hold({ principalId, runId, budget, limits }: Reservation): void {
    if (budget === undefined) return
    const most = (limit = Number.POSITIVE_INFINITY, of = Number.POSITIVE_INFINITY): number => (of < Infinity ? Math.min(limit, of) : Infinity)
    const runs = this.#reserved.get(principalId) ?? new Map<string, Spending>()
    this.#reserved.set(principalId, runs.set(runId, { tokens: most(limits.tokens, budget.tokens), cost: most(limits.cost, budget.cost) }))
  }

  /** Records what a run has spent until now, and gives back what it had reserved. */
  async settle({ principalId, runId, budgetOf }: Settlement, spent: Spending | undefined): Promise<void> {
    try {
      // A function of the operator, which may fail.
      const budget = budgetOf()
      if (budget !== undefined && spent !== undefined) await (budget.ledger ?? this.#memory).set(principalId, runId, { ...spent, at: Date.now() })
    } finally {
      // Only now: while a ledger writes, what the run has spent must not look as if it were left.
      this.release(principalId, runId)
    }
  }

  /** Gives back what a run had reserved. */
  release(principalId: string, runId: string): void {
    const runs = this.#reserved.get(principalId)
    if (runs?.delete(runId) && runs.size === 0) this.#reserved.delete(principalId)
  }
}

function sumOf(reserved: ReadonlyMap<string, Spending>): Spending {
  let [tokens, cost] = [0, 0]
  for (const own of reserved.values()) {
    if (own.tokens < Infinity) tokens += own.tokens
    if (own.cost < Infinity) cost += own.cost
  }
  return { tokens, cost }
}

interface Settlement {
  readonly principalId: string
  readonly runId: string
  readonly budgetOf: () => Budget | undefined
}

interface Reservation {
  readonly principalId: string
  readonly runId: string
  readonly budget: Budget | undefined
  readonly limits: Limits
}

/** What a usage and its cost come to; where an attempt never reported, the most that it can have been. */
export function spendingOf(usage: RunUsage, cost: Cost | undefined): Spending {
  const tokens = usage.totalTokens ?? (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0)
  return { tokens, cost: cost?.amountMicros ?? cost?.atMost ?? 0 }
}

function exhausted(spent: Spending, budget: Budget): Refusal {
  const isSpent = spent.tokens >= (budget.tokens ?? Infinity) || spent.cost >= (budget.cost ?? Infinity)
  const message = isSpent ? 'Your budget is spent.' : 'Your running runs may spend the rest of your budget. Wait until they have ended.'
  return new Refusal(429, ['budget-exhausted', message], { retryAfterSeconds: isSpent ? Math.ceil(Math.min(budget.perMs, 3_600_000) / 1000) : 10 })
}
