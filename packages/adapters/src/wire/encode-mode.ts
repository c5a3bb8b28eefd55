import type { ModelProfile, PassBack, SchemaFlavour } from '../profiles/profile.ts'

/** How requests are encoded, as data: from the profile, the settings and what the endpoint has refused. */
export interface EncodeMode {
  readonly stream: boolean
  /** True to ask for usage in the stream. */
  readonly streamUsage: boolean
  readonly passBack: PassBack
  readonly emptyContent: '' | 'omit' | null
  readonly callIds: 'verbatim' | 'kimi' | 'safe'
  readonly callInputs: 'verbatim' | 'json'
  readonly schemas: SchemaFlavour
  /** True to join unions at the top of schemas in the flavour `free`, too. */
  readonly joinsTop: boolean
  /** True to send tools with `strict: true`. */
  readonly strict: boolean
  /** True to leave out `tool_choice`. */
  readonly freeChoice: boolean
  /** True to ask for JSON of any shape where a JSON Schema would be sent. */
  readonly looseFormat: boolean
  /** True to leave out assistant messages that contain only whitespace. */
  readonly dropBlank: boolean
  /** True to apply the transcript repair of core before messages are sent: it pairs tool calls and results. */
  readonly repairHistory: boolean
  /** Wire names of parameters that are left out. */
  readonly without: readonly string[]
  /** Wire names that are sent under another name. */
  readonly renames: Readonly<Record<string, string>>
  /** Upper bound of the output limit; `undefined`: that of the settings. */
  readonly maxOutputTokens: number | undefined
}

/** The part of a mode that refusals changed. */
export type ModePatch = Partial<Omit<EncodeMode, 'stream'>>

/** The settings that a mode depends on. */
export interface ModeSettings {
  readonly stream: boolean
  readonly streamUsage?: boolean
  readonly strictTools?: boolean
  /** False when thinking is switched off: then no reasoning has to be sent back. */
  readonly thinks?: boolean
}

/** The mode before anything was learned. */
export function modeOf(profile: ModelProfile, { stream, streamUsage, strictTools, thinks }: ModeSettings): EncodeMode {
  const { passBack } = profile.reasoning
  return {
    stream,
    streamUsage: streamUsage ?? profile.streamUsage !== 'no',
    passBack: passBack === 'always' && thinks === false && profile.thinks !== undefined ? 'present' : passBack,
    emptyContent: profile.emptyContent,
    callIds: profile.callIds ?? 'verbatim',
    callInputs: profile.callInputs ?? 'verbatim',
    schemas: strictTools === true ? (profile.strictTools?.schemas ?? 'free') : (profile.schemas ?? 'free'),
    joinsTop: false,
    strict: strictTools === true,
    freeChoice: false,
    looseFormat: false,
    dropBlank: false,
    repairHistory: false,
    without: [],
    renames: {},
    maxOutputTokens: undefined,
  }
}
