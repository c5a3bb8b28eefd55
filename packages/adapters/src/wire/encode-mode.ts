import type { ModelProfile, PassBack, SchemaFlavour } from '../profiles/profile.ts'

/** How requests are worded: by the profile and the settings, and by what the endpoint has refused. All of it is data. */
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
  /** True to leave out assistant messages that hold nothing but blanks. */
  readonly dropBlank: boolean
  /** True to pair calls and results anew before they are sent. */
  readonly repairHistory: boolean
  /** Wire names of parameters that are left out. */
  readonly without: readonly string[]
  /** Wire names that stand for others. */
  readonly renames: Readonly<Record<string, string>>
  /** Output tokens to ask for at most; `undefined`: as the settings say. */
  readonly maxOutputTokens: number | undefined
}

/** What of a mode has been learned. */
export type ModePatch = Partial<Omit<EncodeMode, 'stream'>>

/** What of the settings decides about a mode. */
export interface ModeSettings {
  readonly stream: boolean
  readonly streamUsage?: boolean
  readonly strictTools?: boolean
  /** False for a model that was told not to think: then there is no reasoning that would have to go back. */
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
