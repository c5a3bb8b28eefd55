import type { Contender } from './contenders.ts'
import { type Client, type ClientOptions, type Provider, startClient } from './processes.ts'
import type { Measured } from './result.ts'

/** What all scenarios share. */
export interface Session {
  /** Path of the Node that everything measured runs under. */
  readonly node: string
  readonly provider: Provider
  readonly contenders: readonly Contender[]
  readonly rounds: number
  readonly isQuick: boolean
  /** Where CPU profiles go. */
  readonly profiles: string | undefined
  /** Settings of the contenders, as they say them themselves. */
  readonly settings: Map<string, readonly string[]>
}

/** One thing to measure. */
export interface Scenario {
  readonly id: string
  readonly title: string
  /** One sentence of method. */
  readonly method: string
  measure(session: Session): Promise<Measured>
}

/** A contender in one of its modes. */
export interface Subject {
  readonly label: string
  readonly client: Omit<ClientOptions, 'origin' | 'profile'>
}

/** All contenders in one mode. */
export function subjectsOf({ contenders }: Session, client: Omit<ClientOptions, 'origin' | 'profile' | 'contender'>): readonly Subject[] {
  return contenders.map(({ name, module }) => ({ label: name, client: { contender: module, ...client } }))
}

/** How subjects are measured. */
export interface Plan {
  readonly name: string
  readonly subjects: readonly Subject[]
  readonly action: string
  readonly options: object
  readonly rounds: number
  /** Rounds after which all processes are new, so that no luck of one process decides. */
  readonly restartEvery: number
  /** Peers drop out after so many rounds, where all rounds of them would take hours; at a new start of the processes. Default: never. */
  readonly peerRounds?: number
  readonly warmUp: { readonly ms: number; readonly runs: number }
}

/** Rounds, warm-up and lengths of an ordinary measurement. */
export function usualPlan({ rounds, isQuick, profiles }: Session): Pick<Plan, 'action' | 'options' | 'rounds' | 'restartEvery' | 'warmUp'> {
  return {
    action: 'measure',
    // A profile needs many samples.
    options: { runs: 2, ms: profiles === undefined ? (isQuick ? 60 : 200) : 2_000 },
    rounds,
    restartEvery: 5,
    warmUp: { runs: 3, ms: isQuick ? 400 : 1_500 },
  }
}

/** True for those of the workspace, which the targets are about. */
export function isOwn({ label }: Pick<Subject, 'label'>): boolean {
  return label === 'raw' || label.startsWith('capstan')
}

interface Entry {
  readonly label: string
  readonly client: Client
}

/** Measures subjects in turn, in an order that rotates from round to round. Subjects without the mode are left out. */
export async function measureRounds<Report>(session: Session, plan: Plan): Promise<Map<string, Report[]>> {
  const reports = new Map<string, Report[]>()
  for (let first = 0; first < plan.rounds; first += plan.restartEvery) {
    const entries: Entry[] = []
    try {
      const { subjects, peerRounds = plan.rounds } = plan
      await startClients(session, { ...plan, subjects: first < peerRounds ? subjects : subjects.filter(isOwn) }, entries)
      await measureEntries(entries, { ...plan, first, reports })
    } finally {
      await Promise.all(entries.map(({ client }) => client[Symbol.asyncDispose]()))
    }
  }
  return new Map(plan.subjects.flatMap(({ label }) => [...reports].filter(([name]) => name === label)))
}

interface Generation<Report> extends Plan {
  /** Number of its first round. */
  readonly first: number
  readonly reports: Map<string, Report[]>
}

async function measureEntries<Report>(entries: readonly Entry[], { first, rounds, restartEvery, action, options, reports }: Generation<Report>): Promise<void> {
  for (let round = first; round < Math.min(rounds, first + restartEvery); round++) {
    for (const { label, client } of rotate(entries, round)) {
      const report = await client.perform<Report>(action, options)
      reports.set(label, [...(reports.get(label) ?? []), report])
    }
  }
}

function rotate<Item>(items: readonly Item[], by: number): readonly Item[] {
  const at = by % Math.max(1, items.length)
  return [...items.slice(at), ...items.slice(0, at)]
}

async function startClients(session: Session, { name, subjects, warmUp }: Plan, entries: Entry[]): Promise<void> {
  for (const { label, client: options } of subjects) {
    const profile = session.profiles && `${session.profiles}/${name}-${label.replace(/[^a-z0-9]+/g, '-')}`
    const client = await startClient(session.node, { ...options, origin: session.provider.origin, profile })
    entries.push({ label, client })
    if (!client.isSupported) {
      entries.pop()
      await client[Symbol.asyncDispose]()
      continue
    }
    session.settings.set(label, client.settings)
    if (warmUp.runs > 0) await client.perform('warmUp', warmUp)
  }
}
