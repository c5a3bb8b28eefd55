import { addUsage, type Cost, costOf, type RunUsage, withWrites } from '../contract/usage.ts'
import type { ModelFacts } from '../durability/records.ts'
import type { KeptChild } from './state/children.ts'
import type { Ledger, ModelSpending } from './state/ledger.ts'
import type { RunConfig } from './state/run-config.ts'

/** A run, as far as it spends: what its children spend is a part of it, up to the root. */
export interface Spender {
  readonly config: Pick<RunConfig, 'limits' | 'models'>
  readonly ledger: Ledger
  readonly children: { readonly all: readonly Pick<KeptChild<Spender>, 'run'>[] }
  readonly child?: { readonly parent: Spender }
}

/** A request that is about to be sent. */
export interface PlannedTokens {
  /** The run that sends it. */
  readonly run: Spender
  readonly modelIndex: number
  readonly tokens: number
}

/** The usage of a run and of its children. */
export function totalUsage({ ledger, children }: Spender): RunUsage {
  let total = ledger.usage
  for (const { run } of children.all) {
    const usage = totalUsage(run)
    total = { ...addUsage(total, usage), unknownAttempts: total.unknownAttempts + usage.unknownAttempts }
  }
  return total
}

/** The tokens that a run and its children have spent: as reported, and estimated for requests that never reported or are under way. */
export function tokensOf({ ledger, children }: Spender): number {
  const own = (ledger.usage.totalTokens ?? 0) + ledger.estimatedTokens + (ledger.openRequest?.tokens ?? 0)
  return own + sum(children.all.map(({ run }) => tokensOf(run)))
}

/**
 * The money that a run and its children have spent, as `tokensOf`, with a planned request.
 *
 * @returns `Infinity` where it cannot be known, as prices are missing or have another currency: it passes every limit.
 */
export function microsOf(
  spender: Spender,
  planned: PlannedTokens | undefined,
  currency: string | undefined = spender.config.models[0]?.prices?.currency,
): number {
  const { config, ledger, children } = spender
  const own = config.models.map((model, index) => {
    if (model.prices?.currency !== currency) return Number.POSITIVE_INFINITY
    const { reported, estimatedTokens } = ledger.spendingOf(index)
    const open = ledger.openRequest?.modelIndex === index ? ledger.openRequest.tokens : 0
    const added = planned?.run === spender && planned.modelIndex === index ? planned.tokens : 0
    return priceOf(model, { reported, estimatedTokens: estimatedTokens + open + added })
  })
  return sum(own) + sum(children.all.map(({ run }) => microsOf(run, planned, currency)))
}

/** The cost of a run and of its children so far, each model at its own prices: bounds while the usage of an attempt is unknown; `undefined` without prices. */
export function totalCost(spender: Spender): Cost | undefined {
  return addCosts([ownCost(spender), ...spender.children.all.map(({ run }) => totalCost(run))])
}

/** The cost of a run without its children, as `totalCost`. */
export function ownCost({ config, ledger }: Spender): Cost | undefined {
  const { models } = config
  const currency = models[0]?.prices?.currency
  if (currency === undefined || models.some(({ prices }) => prices?.currency !== currency)) return undefined
  const atLeast = sum(models.map((model, index) => priceOf(model, { ...ledger.spendingOf(index), estimatedTokens: 0 })))
  if (atLeast === Number.POSITIVE_INFINITY) return undefined
  if (ledger.usage.unknownAttempts === 0) return { currency, amountMicros: atLeast }
  return { currency, atLeast, atMost: sum(models.map((model, index) => priceOf(model, ledger.spendingOf(index)))) }
}

function addCosts([first, ...others]: readonly (Cost | undefined)[]): Cost | undefined {
  let total = first
  for (const cost of others) {
    if (total === undefined || cost === undefined || total.currency !== cost.currency) return undefined
    const { currency } = total
    total =
      total.amountMicros !== undefined && cost.amountMicros !== undefined
        ? { currency, amountMicros: total.amountMicros + cost.amountMicros }
        : { currency, atLeast: lowest(total) + lowest(cost), atMost: highest(total) + highest(cost) }
  }
  return total
}

function lowest(cost: Cost): number {
  return cost.amountMicros ?? cost.atLeast
}

function highest(cost: Cost): number {
  return cost.amountMicros ?? cost.atMost
}

// Infinity where a cost cannot be known: it passes every limit.
function priceOf({ prices }: ModelFacts, { reported, estimatedTokens }: ModelSpending): number {
  const usage = addUsage(withWrites({ inputTokens: estimatedTokens, outputTokens: 0 }), reported)
  return (prices && costOf(usage, prices)?.amountMicros) ?? Number.POSITIVE_INFINITY
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}
