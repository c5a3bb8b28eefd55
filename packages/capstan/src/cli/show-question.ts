import type { AskedFlow, FieldOrigin, Json, PendingQuestion } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { noteOf, readFlow, readOrigins, whySections } from './show-flow.ts'
import { type Field, type FieldLines, fieldsOf, type Room, showFields } from './terminal/fields.ts'
import { ShownText, say } from './terminal/shown-text.ts'

/** The content of a pending question. */
export interface Asked {
  /** `approval`: a person must approve the call. `question`: the tool asks something. `outcome`: it is unknown whether the call was done. */
  readonly type: string
  readonly toolName: string
  readonly version: string | undefined
  /** The agent inside the run that asks, and where it is. */
  readonly agent: string | undefined
  readonly input: Json
  /** The value that the tool gets, if its schema changes the input. */
  readonly value: Json | undefined
  /** The earlier results that the input refers to: sizes, hashes and first lines. */
  readonly references: Json | undefined
  readonly question: Json | undefined
  /** Why the guard asks. */
  readonly flow: AskedFlow | undefined
  /** Where the fields of what the tool gets were found. */
  readonly origins: readonly FieldOrigin[]
  /** When answers are no longer accepted, in milliseconds since the Unix epoch. */
  readonly until: number | undefined
}

/** Reads the content of a question. Content of an unknown form is shown unchanged. */
export function askedIn({ about, askedAt, expiresInMs }: Omit<PendingQuestion, 'id' | 'position'>): Asked {
  const { type, toolName, tool, input, value, references, question, agent, path, flow, origins }: Readonly<Record<string, Json | undefined>> = isJsonObject(
    about,
  )
    ? about
    : {}
  const version = tool !== undefined && isJsonObject(tool) && typeof tool['version'] === 'string' ? tool['version'] : undefined
  const until = askedAt === undefined || expiresInMs === undefined ? undefined : askedAt + expiresInMs
  const place = Array.isArray(path) ? ` (${path.join(' > ')})` : ''
  const rest = {
    version,
    agent: typeof agent === 'string' ? `${agent}${place}` : undefined,
    value,
    references,
    question,
    flow: readFlow(flow),
    origins: readOrigins(origins),
    until,
  }
  if (typeof type === 'string' && typeof toolName === 'string') return { type, toolName, input: input ?? null, ...rest }
  return { type: 'approval', toolName: 'unknown', input: about, ...rest }
}

/**
 * Shows the call and what the tool asks, one field on each line.
 *
 * @param edited - The input that a person wants instead. Both versions are shown.
 */
export function askedLines(asked: Asked, { columns, lines }: Room, edited?: Json): FieldLines {
  const { input, value, references, question, origins } = asked
  // Origins are those of what the tool gets.
  const withNotes = (fields: readonly Field[]): readonly Field[] => fields.map((field) => ({ ...field, note: noteOf(field, origins) }))
  const given = value === undefined ? withNotes(inputFields(input)) : inputFields(input)
  const sections = [
    { head: headOf(asked), fields: [...(question === undefined ? [] : fieldsOf(question, say`question`)), ...given] },
    ...(references === undefined
      ? []
      : [{ head: say`It refers to earlier results, whose values the tool gets:`, fields: fieldsOf(references, say`reference`) }]),
    ...(value === undefined || edited !== undefined
      ? []
      : [{ head: say`The tool gets this, because its schema changes the input:`, fields: withNotes(inputFields(value)) }]),
    ...whySections(asked.flow),
    ...(edited === undefined ? [] : [{ head: say`A person changed the input to:`, fields: inputFields(edited) }]),
  ]
  const room = { columns, lines: Math.floor(lines / sections.length) }
  const shown = sections.map(({ head, fields }) => ({ head, ...showFields(fields, room) }))
  const expiry = asked.until === undefined ? [] : [say`An answer is accepted until ${new Date(asked.until).toJSON() ?? 'an unknown time'}.`]
  return { lines: [...shown.flatMap(({ head, lines: rows }) => [head, ...rows]), ...expiry], isCut: shown.some(({ isCut }) => isCut) }
}

function inputFields(input: Json): readonly Field[] {
  const isNamed = isJsonObject(input) && Object.keys(input).length > 0
  return fieldsOf(input, isNamed ? ShownText.empty : say`input`)
}

function headOf({ type, toolName, version, agent }: Asked): ShownText {
  const bare = version === undefined ? say`${toolName}` : say`${toolName} (version ${ShownText.strict(version)})`
  const tool = agent === undefined ? bare : say`${bare} by the agent ${ShownText.strict(agent)}`
  if (type === 'outcome') return say`It is unknown whether this call of ${tool} was done:`
  return type === 'question' ? say`Before this call, ${tool} asks:` : say`This call of ${tool} needs your approval:`
}
