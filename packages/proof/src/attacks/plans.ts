import { createHash } from 'node:crypto'
import type { Guard } from '@capstan/core'
import { type Breach, findBreaches, hasSecret } from './oracle.ts'
import { Person } from './person.ts'
import { type Sink, sinks } from './sinks.ts'
import { type Source, sources } from './sources.ts'
import { Stage } from './stage.ts'
import { allWays } from './ways/all-ways.ts'
import type { Way } from './ways/way.ts'
import { World } from './world.ts'

/** One attack. */
export interface Plan {
  /** Unique: the source, the way and the sink. */
  readonly name: string
  readonly source: Source
  readonly way: Way
  readonly sink: Sink
  /** The secret is carried in base64. */
  readonly isEncoded: boolean
}

/** What became of an attack. */
export interface PlanEnd {
  readonly breaches: readonly Breach[]
  /** Questions about calls of the sink. */
  readonly asked: number
  /** Executions of the sink. */
  readonly reached: number
  /** Whether a warning or an error has the secret. */
  readonly isLogged: boolean
}

/** All attacks: each source, by each way, to each sink that it must not reach. */
export const plans: readonly Plan[] = allWays.flatMap((way) =>
  sources
    .filter(({ isMessage }) => !(isMessage && way.needsResult))
    .flatMap((source) =>
      sinks
        .filter((sink) => isSinkOf(way, sink) && mustNotReach(source, sink))
        .slice(0, way.isSlow ? 1 : undefined)
        .map((sink, index) => ({ name: `${source.name} | ${way.name} | ${sink.name}`, source, way, sink, isEncoded: index % 2 === 1 })),
    ),
)

function isSinkOf({ sink, needsTargets }: Way, { name, isCarrier, elsewhere }: Sink): boolean {
  if (needsTargets && elsewhere === undefined) return false
  return sink === undefined ? isCarrier !== true : sink === name
}

function mustNotReach({ taints }: Source, { reaches }: Sink): boolean {
  return taints.includes('untrusted') || reaches.includes('external')
}

export interface StageSetting {
  readonly guard?: Guard | undefined
  /** A file that has what happened, for an attack in several processes. */
  readonly file?: string
}

/** The stage of a plan, with a person who first denies the call, then approves it once, then leaves. */
export function stageOf({ name, source, way, sink, isEncoded }: Plan, { guard, file }: StageSetting = {}): Stage {
  const world = new World(`canary-${createHash('sha256').update(name).digest('hex').slice(0, 16)}-secret`, file)
  const person = new Person(world, [sink], way.decisions ?? ['deny', 'approve'])
  return new Stage({ plan: name, world, source, sink, person, guard, isEncoded })
}

/** Plays an attack to its end. */
export async function playPlan(plan: Plan, guard?: Guard): Promise<PlanEnd> {
  await using stage = stageOf(plan, { guard })
  await plan.way.play(stage)
  const countOf = (kind: 'asked' | 'reached'): number => stage.world.of(kind).filter(({ tool }) => tool === plan.sink.tool).length
  return {
    breaches: findBreaches(stage.world, stage.said.join('\n')),
    asked: countOf('asked'),
    reached: countOf('reached'),
    isLogged: stage.logged.some((text) => hasSecret(text, stage.world.canary)),
  }
}
