import type { Json } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { redacted } from '../format/redact-url.ts'
import type { RedactedText, TraceOptions } from './options.ts'

/** The signature of a state of a run, also inside texts that hold JSON: a state with a valid one is trusted. */
const signature = /(\\*"signature\\*"\s*:\s*\\*")[0-9a-f]{64}/g

/** Replaces the signatures of states in a text. */
export function withoutSignatures(text: string): string {
  return text.includes('signature') ? text.replace(signature, `$1${redacted}`) : text
}

/** Texts of an event that are names, ids and words of closed lists, and texts of the same kind inside its members. */
const ofEvent = [
  'type',
  'runId',
  'key',
  'position',
  'operation',
  'toolCallId',
  'toolName',
  'status',
  'stopReason',
  'finishReason',
  'agent',
  'model',
  'reason',
  'what',
]
const ofMembers = ['type', 'role', 'toolCallId', 'toolName', 'code', 'phase', 'id', 'position', 'kind', 'reason']
/** Members in which every text is content, whatever it is called. */
const contents = ['input', 'data', 'answer']

interface Place {
  readonly value: Record<string, Json> | Json[]
  readonly names: readonly string[]
}

/** Replaces contents as the caller of `traceTo` wants it. */
export class ContentRedaction {
  readonly #redact: NonNullable<TraceOptions['redact']>

  constructor(redact: NonNullable<TraceOptions['redact']>) {
    this.#redact = redact
  }

  /** A text that fails to be redacted is replaced completely. */
  text(text: string, about: RedactedText): string {
    try {
      const clean: unknown = this.#redact(text, about)
      return typeof clean === 'string' ? clean : redacted
    } catch {
      return redacted
    }
  }

  /** The JSON of an event, with all its contents replaced. Not recursive: an input may be nested thousands of levels deep. */
  event(json: string, runId: string): string {
    const event = JSON.parse(json) as Record<string, Json>
    const about: RedactedText = { kind: 'event', runId }
    const rest: Place[] = [{ value: event, names: ofEvent }]
    for (let place = rest.pop(); place !== undefined; place = rest.pop()) {
      for (const [name, inner] of Object.entries(place.value)) {
        const isList = Array.isArray(place.value)
        if (typeof inner === 'string' && (isList || !place.names.includes(name))) Object.assign(place.value, { [name]: this.text(inner, about) })
        else if (Array.isArray(inner) || isJsonObject(inner)) rest.push({ value: inner as Place['value'], names: namesIn(name, place, event) })
      }
    }
    return JSON.stringify(event)
  }
}

function namesIn(name: string, { value, names }: Place, event: unknown): readonly string[] {
  if (names.length === 0 || (contents.includes(name) && !Array.isArray(value))) return []
  // The path of an agent is a list of names of tools.
  return value === event || names === ofMembers ? ofMembers : names
}
