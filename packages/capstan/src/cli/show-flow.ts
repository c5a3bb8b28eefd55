import type { AskedFlow, FieldOrigin, Json } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import type { Field } from './terminal/fields.ts'
import { ShownText, say } from './terminal/shown-text.ts'

/** A head line with the fields below it. */
interface Section {
  readonly head: ShownText
  readonly fields: readonly Field[]
}

/** Reads `flow` of a question. What has another form is not one. */
export function readFlow(flow: Json | undefined): AskedFlow | undefined {
  if (!isJsonObject(flow) || !Array.isArray(flow['reaches']) || !Array.isArray(flow['targets']) || !Array.isArray(flow['sources'])) return undefined
  // The loop recorded it in this form.
  return flow as unknown as AskedFlow
}

/** Reads `origins` of a question. */
export function readOrigins(origins: Json | undefined): readonly FieldOrigin[] {
  return Array.isArray(origins) ? origins.filter((origin): origin is FieldOrigin => isJsonObject(origin) && typeof origin['at'] === 'string') : []
}

/** Says why the guard asks: where the call leads, and what the run had read before. */
export function whySections(flow: AskedFlow | undefined): readonly Section[] {
  if (flow === undefined) return []
  const { reaches, targets, sources, more = 0 } = flow
  const read = sources.map(({ id, toolName: tool, labels }): Field => {
    return { name: say`read ${idOf(id)}`, value: tool ?? 'a message of the input', note: say`${labels.join(' and ')}` }
  })
  const rest = more > 0 ? [{ name: say`read`, value: `${more} more` }] : []
  return [
    {
      head: say`You are asked because the call reaches ${ShownText.join(
        reaches.map((word) => say`${word}`),
        ', ',
      )}, and the model may follow what it has read:`,
      fields: [
        ...targets.map(({ target, from }): Field => ({ name: say`destination`, value: target, note: say`${namedBy[from] ?? namedBy.unknown}` })),
        ...read,
        ...rest,
      ],
    },
  ]
}

const namedBy = {
  user: 'named by the user',
  owner: 'allowed by the owner of the tool',
  approved: 'approved before',
  unknown: 'NOT named by the user',
} as const

const foundIn: Readonly<Record<FieldOrigin['from'], string>> = {
  secret: 'SECRET',
  untrusted: 'UNTRUSTED',
  unknown: 'origin UNKNOWN',
  model: 'written by the model',
  tool: 'of a tool',
  user: "in the user's text",
}

const worstFirst = Object.keys(foundIn)

/** What is known about where a field comes from: the worst of what is in it. */
export function noteOf({ at = '' }: Field, origins: readonly FieldOrigin[]): ShownText | undefined {
  const own = origins.filter((origin) => origin.at === at || origin.at.startsWith(`${at}/`) || at.startsWith(`${origin.at}/`))
  const [worst] = own.toSorted((left, right) => worstFirst.indexOf(left.from) - worstFirst.indexOf(right.from))
  if (worst === undefined) return undefined
  const { from, sources = [] } = worst
  const where = sources.length === 0 ? ShownText.empty : say`${from === 'user' ? ', and' : ','} found in ${ShownText.join(sources.map(idOf), ', ')}`
  return say`${foundIn[from] ?? foundIn.unknown}${where}`
}

// An id of a provider may be any text.
function idOf(id: string): ShownText {
  return /^[\w./-]+$/.test(id) ? say`${id}` : ShownText.strict(id)
}
