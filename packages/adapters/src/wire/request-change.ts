import type { ModelProfile, PassBack } from '../profiles/profile.ts'
import type { EncodeMode, ModePatch } from './encode-mode.ts'
import type { ProviderError } from './error-body.ts'

/** A refusal that came before any inference, and the request that was refused. */
export interface Refusal {
  readonly status: number
  readonly error: ProviderError
  readonly profile: ModelProfile
  /** How the refused request was encoded. */
  readonly mode: EncodeMode
  /** What earlier refusals of the endpoint had changed. */
  readonly learned: ModePatch
  /** Wire names of the parameters of the settings. */
  readonly sent: readonly string[]
  /** The output limit of the refused request. */
  readonly maxOutputTokens: number | undefined
  /** A lower output limit with which the request fits into the context window. */
  readonly roomTokens: number | undefined
}

/** How later requests are changed after a refusal. */
export interface RequestChange {
  /** Stable, for programs. Each change is made once for an endpoint and model. */
  readonly what: string
  readonly patch: ModePatch
  /** Sentence for the `repaired` event and the error, without its full stop. */
  readonly description: string
  /** `conversation`: the change applies only to this conversation, and may be made again. */
  readonly scope: 'endpoint' | 'conversation'
}

interface Rule {
  readonly statuses: readonly number[]
  readonly text: RegExp
  change(refusal: Refusal, match: RegExpExecArray): Omit<RequestChange, 'scope'> | undefined
}

const refused = [400, 422] as const

/**
 * Rules of providers that a changed request can satisfy, recognised by the text of the refusal.
 *
 * @see https://api-docs.deepseek.com/guides/thinking_mode
 * @see https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model
 * @see https://github.com/MoonshotAI/kimi-code/blob/main/packages/kosong/src/errors.ts
 */
const rules: readonly Rule[] = [
  {
    statuses: refused,
    text: /stream_options|include_usage/,
    change: ({ mode }) =>
      mode.stream && mode.streamUsage
        ? { what: 'stream-usage', patch: { streamUsage: false }, description: '`stream_options` is left out from now on' }
        : undefined,
  },
  { statuses: refused, text: /reasoning(?:_content|_text|_details)?\b/, change: changeReasoning },
  {
    statuses: refused,
    text: /text content is empty/i,
    change: ({ mode }) =>
      mode.emptyContent === 'omit'
        ? undefined
        : { what: 'empty-content', patch: { emptyContent: 'omit' }, description: 'empty content is left out from now on' },
  },
  {
    statuses: refused,
    text: /content or tool_calls must be set|content.{0,40}(?:should be|must be) a (?:valid )?string/i,
    change: ({ mode }) =>
      mode.emptyContent === ''
        ? undefined
        : { what: 'content-wanted', patch: { emptyContent: '' }, description: 'content is sent as an empty string from now on' },
  },
  {
    statuses: refused,
    text: /message at position \d+ with role .{0,3}assistant.{0,3} must not be empty/i,
    change: () => ({
      what: 'blank-message',
      patch: { dropBlank: true },
      description: 'assistant messages that contain only whitespace are left out from now on',
    }),
  },
  {
    statuses: refused,
    text: /tool_call_id\b.{0,200}not found|role .{0,3}tool.{0,3} must be a response to a preceding message|must be followed by tool messages|did not have response messages|insufficient tool messages/is,
    change: () => ({
      what: 'pairing',
      patch: { repairHistory: true },
      description: 'tool calls and their results are paired again before they are sent from now on',
    }),
  },
  {
    statuses: refused,
    text: /tool_choice/,
    change: () => ({ what: 'tool-choice', patch: { freeChoice: true }, description: '`tool_choice` is left out from now on, so the model is free to choose' }),
  },
  {
    statuses: refused,
    text: /invalid (temperature|top_p|n|presence_penalty|frequency_penalty|thinking)\b.{0,80}\bonly\b/is,
    change: ({ mode, sent }, [, name = '']) =>
      sent.includes(name)
        ? { what: `locked ${name}`, patch: { without: [...mode.without, name] }, description: `\`${name}\` is left out from now on: its value is fixed` }
        : undefined,
  },
  {
    statuses: refused,
    text: /['"`]?max_tokens['"`]?.{0,80}max_completion_tokens/is,
    change: ({ mode }) => ({
      what: 'limit-name',
      patch: { renames: { ...mode.renames, max_tokens: 'max_completion_tokens' } },
      description: '`max_tokens` is sent as `max_completion_tokens` from now on',
    }),
  },
  { statuses: refused, text: /max(?:_completion)?_tokens.{0,80}(?:range.{0,40}\[\s*\d+\s*,|at most|less than or equal to|<=)\s*(\d+)/is, change: lowerLimit },
  {
    statuses: refused,
    text: /response_format type is unavailable|json_schema.{0,60}(?:not supported|unsupported)/i,
    change: () => ({ what: 'response-format', patch: { looseFormat: true }, description: 'the response format is requested without its schema from now on' }),
  },
  {
    statuses: refused,
    text: /moonshot flavored json schema/i,
    change: ({ mode }) =>
      mode.schemas === 'mfjs'
        ? undefined
        : { what: 'schema-flavour', patch: { schemas: 'mfjs' }, description: "tool schemas are sent in Moonshot's flavour from now on" },
  },
  {
    statuses: refused,
    text: /\b(?:oneOf|anyOf|allOf)\b[\s\S]{0,80}\btop[ -]level/i,
    change: ({ mode }) =>
      mode.joinsTop
        ? undefined
        : { what: 'schema-top', patch: { joinsTop: true }, description: 'unions at the top of tool schemas are sent as one object from now on' },
  },
  {
    statuses: [...refused, 500],
    text: /JSONDecodeError|json\.exception\.parse_error|(?:parse|decode|invalid|expecting).{0,60}(?:tool call )?arguments.{0,60}json|arguments.{0,60}(?:valid|invalid) json|\bline \d+ column \d+ \(char \d+\)|invalid tool call arguments/is,
    change: ({ mode }) =>
      mode.callInputs === 'json'
        ? undefined
        : {
            what: 'call-inputs',
            patch: { callInputs: 'json' },
            description: 'arguments of earlier tool calls that are not JSON are sent inside a JSON object from now on',
          },
  },
  {
    statuses: refused,
    text: /tool_(?:call(?:_id|s\[\d+\]\.id|s\.\d+\.id|_ids?)|use\.id).{0,120}(?:pattern|match|invalid character|alphanumeric)/is,
    change: ({ mode }) =>
      mode.callIds === 'safe'
        ? undefined
        : { what: 'call-ids', patch: { callIds: 'safe' }, description: 'ids of tool calls are sent with only letters, digits, `_` and `-` from now on' },
  },
]

/**
 * Finds the change that makes a refused request satisfy the rule that it broke.
 *
 * @param done - Changes that were made before; they are not tried again.
 */
export function findChange(refusal: Refusal, done: ReadonlySet<string>): RequestChange | undefined {
  const said = `${refusal.error.param} ${refusal.error.message}`.slice(0, 4_000)
  const { roomTokens } = refusal
  if (roomTokens !== undefined) {
    return {
      what: 'output-room',
      patch: { maxOutputTokens: roomTokens },
      description: `at most ${roomTokens} output tokens are requested in this conversation`,
      scope: 'conversation',
    }
  }
  for (const { statuses, text, change } of rules) {
    if (!statuses.includes(refusal.status)) continue
    const match = text.exec(said)
    const found = match === null ? undefined : change(refusal, match)
    if (found !== undefined && !done.has(found.what)) return { ...found, scope: 'endpoint' }
  }
  return undefined
}

const more: Readonly<Record<PassBack, PassBack | undefined>> = { strip: 'always', present: 'always', always: 'every', every: undefined }

/** The endpoint requires reasoning, requires it more often, or refuses it. The first of these decides: the opposite change is never made later. */
function changeReasoning({ profile, mode, error, learned }: Refusal): Omit<RequestChange, 'scope'> | undefined {
  const { field, flips } = profile.reasoning
  const isRequired = mode.passBack === 'strip' || /missing|must be (?:passed back|provided|present)|required/i.test(error.message)
  if (isRequired) {
    const passBack = learned.passBack === 'strip' ? undefined : more[mode.passBack]
    if (passBack === undefined) return undefined
    const often = passBack === 'every' ? ' with every assistant message' : ''
    return { what: `reasoning ${passBack}`, patch: { passBack }, description: `\`${field}\` is sent back${often} from now on` }
  }
  const wasRequired = learned.passBack !== undefined && learned.passBack !== 'strip'
  if (flips !== true || wasRequired || !/reasoning/.test(`${error.param} ${error.message}`)) return undefined
  return { what: 'reasoning strip', patch: { passBack: 'strip' }, description: `\`${field}\` is left out from now on` }
}

function lowerLimit({ maxOutputTokens }: Refusal, [, highest = '']: RegExpExecArray): Omit<RequestChange, 'scope'> | undefined {
  const limit = Number(highest)
  if (maxOutputTokens === undefined || limit < 1 || limit >= maxOutputTokens) return undefined
  return { what: `output limit ${limit}`, patch: { maxOutputTokens: limit }, description: `at most ${limit} output tokens are requested from now on` }
}
