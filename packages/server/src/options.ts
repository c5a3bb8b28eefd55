import type { Agent, Journal, Limits, SessionStore } from '@capstan/core'
import { checkNames, invalidOptions, kindOf } from '@capstan/core/internal'
import { type Budget, checkBudget } from './limits/budget.ts'
import { type Rate, resolveRate } from './limits/rate.ts'
import type { Principal } from './principal.ts'
import type { ServerQuestion } from './protocol.ts'
import { type ShowEvent, type ShowOptions, showWith } from './runs/shown-event.ts'
import { longestTimerMs } from './runs/within.ts'

/** An agent, and what each of its runs gets. */
export interface ServedAgent {
  readonly agent: Agent<never>
  /**
   * Makes the context of a run, for its tools and instructions. A run that continues after a restart gets it again, of a principal that has
   * only its `id`.
   */
  readonly context?: (principal: Principal) => unknown
  /** Limits of a run, over those of the agent. */
  readonly limits?: (principal: Principal) => Limits | Promise<Limits>
}

/** What `mayDecide` is asked about. */
export interface DecisionRequest {
  readonly runId: string
  /** The id of the principal that the run belongs to. */
  readonly owner: string
  readonly question: ServerQuestion
}

/** Options of `agentServer`. */
export interface AgentServerOptions {
  /** By name; clients choose one with `agent`. */
  readonly agents: Readonly<Record<string, Agent<never> | ServedAgent>>
  /** Keeps runs beyond this process. Without one no agent may have tools that ask a person. Default: none. */
  readonly journal?: Journal
  /** Keeps conversations. Default: none, and requests with `session` are refused. */
  readonly sessions?: SessionStore
  /**
   * Says who sends a request; `undefined` is answered with 401. Default: only requests over a loopback socket are served, and all belong to
   * the principal `local`.
   */
  readonly authorize?: (request: Request) => Principal | undefined | Promise<Principal | undefined>
  /** Says who may answer a question. Default: only the principal that the run belongs to. */
  readonly mayDecide?: (principal: Principal, request: DecisionRequest) => boolean | Promise<boolean>
  /** What the paths of all routes begin with, such as `/api`. Default: nothing. */
  readonly basePath?: string
  /** Other origins whose pages may call the server, such as `https://app.example.com`. Default: none. */
  readonly origins?: readonly string[]
  /** Host names under which the server is reached, with or without a port. Default: those of the loopback address. */
  readonly hosts?: readonly string[]
  /** What clients see of a run. Default: everything that `ShowOptions` names. */
  readonly show?: ShowOptions | ShowEvent
  /** What happens while another run of a session is open: 409, or the input waits for it. Default: `refuse`. */
  readonly whileBusy?: 'refuse' | 'queue'
  /** Bytes of a request body. Default: 262,144. */
  readonly maxBodyBytes?: number
  /** How long a request body may take to arrive, in milliseconds. Default: 10,000. */
  readonly bodyTimeoutMs?: number
  /** Runs at work at once, of all principals. Default: 500. */
  readonly maxRuns?: number
  /** Event streams at once, of all principals. Default: 2,000. */
  readonly maxStreams?: number
  /** Runs, requests and streams of one principal. */
  readonly rate?: Rate | ((principal: Principal) => Rate)
  /** What the runs of one principal may spend in a time. Default: no limit. */
  readonly budget?: Budget | ((principal: Principal) => Budget | undefined)
  /** Delay of the event loop in milliseconds above which new runs and streams are refused with 503. Default: 150. */
  readonly maxDelayMs?: number
  /** How long the events of a run are kept in memory after its end, or while it is paused and nobody reads, in milliseconds. Default: 60,000. */
  readonly keepMs?: number
  /** Time between comments that keep an idle stream open, in milliseconds. Default: 15,000. */
  readonly keepAliveMs?: number
  /** How often the journal is searched for runs that another process has left, in milliseconds; `Infinity` for never. Default: 30,000. */
  readonly recoverEveryMs?: number
  /** Says who may read `/metrics`. Default: nobody with `authorize`, everybody on the loopback address without. */
  readonly metrics?: (request: Request) => boolean | Promise<boolean>
  /** Called with what goes wrong in the server and is not told to a client. Default: nothing. */
  readonly onError?: (error: unknown) => void
}

const names: Readonly<Record<keyof AgentServerOptions, true>> = {
  agents: true,
  journal: true,
  sessions: true,
  authorize: true,
  mayDecide: true,
  basePath: true,
  origins: true,
  hosts: true,
  show: true,
  whileBusy: true,
  maxBodyBytes: true,
  bodyTimeoutMs: true,
  maxRuns: true,
  maxStreams: true,
  rate: true,
  budget: true,
  maxDelayMs: true,
  keepMs: true,
  keepAliveMs: true,
  recoverEveryMs: true,
  metrics: true,
  onError: true,
}

const defaults = {
  basePath: '',
  whileBusy: 'refuse',
  maxBodyBytes: 262_144,
  bodyTimeoutMs: 10_000,
  maxRuns: 500,
  maxStreams: 2_000,
  maxDelayMs: 150,
  keepMs: 60_000,
  keepAliveMs: 15_000,
  recoverEveryMs: 30_000,
} as const

type Defaulted = keyof typeof defaults

/** The options with every default filled in. */
export type ResolvedOptions = Omit<AgentServerOptions, Defaulted | 'show' | 'onError'> &
  Required<Pick<AgentServerOptions, Defaulted | 'onError'>> & { readonly show: ShowEvent }

/** @throws {AgentError} `invalid-options` for an unknown name or a value of the wrong kind. */
export function resolveOptions(options: AgentServerOptions): ResolvedOptions {
  checkNames(options, { names: Object.keys(names), what: 'an option of agentServer' })
  for (const [name, value] of Object.entries(defaults)) checkNumber(name, options[name as Defaulted] ?? value, value)
  if (!/^(?:\/[\w.~-]+)*$/.test(options.basePath ?? '')) throw invalidOptions('`basePath` must begin with `/` and not end with it, such as `/api`.')
  for (const name of ['origins', 'hosts'] as const) checkList(name, options[name])
  for (const name of ['authorize', 'mayDecide', 'metrics', 'onError'] as const) checkFunction(name, options[name])
  if (options.whileBusy !== undefined && options.whileBusy !== 'refuse' && options.whileBusy !== 'queue') {
    throw invalidOptions("`whileBusy` must be 'refuse' or 'queue'.")
  }
  const { show = {}, onError = () => undefined, rate, budget } = options
  // What a function returns is checked when it is called.
  if (typeof rate !== 'function') resolveRate(rate)
  if (budget !== undefined && typeof budget !== 'function') checkBudget(budget)
  if (typeof show !== 'function') checkNames(show, { names: ['reasoning', 'toolInputs', 'toolOutputs'], what: 'an option of `show`', path: 'show.' })
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as unknown as AgentServerOptions
  const { keepAliveMs, bodyTimeoutMs } = { ...defaults, ...given }
  // A longer time, such as `Infinity`, would become one millisecond.
  const times = { keepAliveMs: Math.min(keepAliveMs, longestTimerMs), bodyTimeoutMs: Math.min(bodyTimeoutMs, longestTimerMs) }
  return { ...defaults, ...given, ...times, show: typeof show === 'function' ? show : showWith(show), onError }
}

function checkNumber(name: string, value: unknown, fallback: unknown): void {
  if (typeof fallback !== 'number' || (typeof value === 'number' && value > 0)) return
  throw invalidOptions(`\`${name}\` must be a positive number, not ${typeof value === 'number' ? value : kindOf(value)}.`)
}

function checkList(name: string, value: unknown): void {
  if (value === undefined || (Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== ''))) return
  throw invalidOptions(`\`${name}\` must be a list of texts.`)
}

function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw invalidOptions(`\`${name}\` must be a function, not ${kindOf(value)}.`)
}
