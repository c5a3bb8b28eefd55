import type { Json, PendingQuestion } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { type FieldLines, fieldsOf, type Room, showFields } from './terminal/fields.ts'
import { ShownText, say } from './terminal/shown-text.ts'

/** What a pending question is about. */
export interface Asked {
  /** `approval`: may the call run? `question`: a tool asks. `outcome`: it is unknown whether the call was done. */
  readonly type: string
  readonly toolName: string
  readonly input: Json
  readonly question: Json | undefined
}

/** Reads what a question is about; what cannot be read is shown as it is. */
export function askedIn({ about }: PendingQuestion): Asked {
  const { type, toolName, input, question }: Readonly<Record<string, Json | undefined>> = isJsonObject(about) ? about : {}
  if (typeof type === 'string' && typeof toolName === 'string') return { type, toolName, input: input ?? null, question }
  return { type: 'approval', toolName: 'unknown', input: about, question }
}

/** The first line of a question. */
export function headOf({ type, toolName }: Asked): ShownText {
  if (type === 'outcome') return say`It is unknown whether this call of ${toolName} was done:`
  return type === 'question' ? say`Before this call, ${toolName} asks:` : say`This call of ${toolName} needs your approval:`
}

/** The call and what the tool asks, one field a line. */
export function askedLines({ input, question }: Asked, room: Room): FieldLines {
  const isEmpty = isJsonObject(input) && Object.keys(input).length === 0
  const asked = question === undefined ? [] : fieldsOf(question, say`question`)
  const call = isEmpty ? [{ name: say`input`, value: input }] : fieldsOf(input, isJsonObject(input) ? ShownText.empty : say`input`)
  return showFields([...asked, ...call], room)
}
