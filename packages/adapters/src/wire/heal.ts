import type { ModelProfile, PassBack } from '../profiles/profile.ts'
import type { EncodeMode, ModePatch } from './encode-mode.ts'
import type { ProviderError } from './error-body.ts'
import { roomForOutput } from './output-room.ts'

/** A refusal that came before any inference, and what it refused. */
export interface Refusal {
  readonly status: number
  readonly said: ProviderError
  readonly profile: ModelProfile
  /** How the refused request was worded. */
  readonly mode: EncodeMode
  /** What had been learned of the endpoint before. */
  readonly learned: ModePatch
  /** Wire names of the parameters of the settings. */
  readonly sent: readonly string[]
  /** Output tokens that were asked for. */
  readonly maxOutputTokens: number | undefined
}

/** How the same request is worded from now on. */
export interface Repair {
  /** Stable, for programs. Each is done once for an endpoint and model. */
  readonly what: string
  readonly patch: ModePatch
  /** In words. */
  readonly says: string
  /** `conversation`: it holds for this conversation alone, and may be done again. */
  readonly scope: 'endpoint' | 'conversation'
}

interface Rule {
  readonly statuses: readonly number[]
  readonly text: RegExp
  repair(refusal: Refusal, match: RegExpExecArray): Omit<Repair, 'scope'> | undefined
}

const refused = [400, 422] as const

/**
 * The rules of providers that a request can be worded to keep, by the words of their refusals.
 *
 * @see https://api-docs.deepseek.com/guides/thinking_mode
 * @see https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model
 * @see https://github.com/MoonshotAI/kimi-code/blob/main/packages/kosong/src/errors.ts
 */
const rules: readonly Rule[] = [
  {
    statuses: refused,
    text: /stream_options|include_usage/,
    repair: ({ mode }) =>
      mode.stream && mode.streamUsage ? { what: 'stream-usage', patch: { streamUsage: false }, says: '`stream_options` is left out from now on' } : undefined,
  },
  { statuses: refused, text: /reasoning(?:_content|_text|_details)?\b/, repair: repairReasoning },
  {
    statuses: refused,
    text: /text content is empty/i,
    repair: ({ mode }) =>
      mode.emptyContent === 'omit' ? undefined : { what: 'empty-content', patch: { emptyContent: 'omit' }, says: 'empty content is left out from now on' },
  },
  {
    statuses: refused,
    text: /content or tool_calls must be set|content.{0,40}(?:should be|must be) a (?:valid )?string/i,
    repair: ({ mode }) =>
      mode.emptyContent === '' ? undefined : { what: 'content-wanted', patch: { emptyContent: '' }, says: 'content is sent as an empty string from now on' },
  },
  {
    statuses: refused,
    text: /message at position \d+ with role .{0,3}assistant.{0,3} must not be empty/i,
    repair: () => ({ what: 'blank-message', patch: { dropBlank: true }, says: 'assistant messages of blanks alone are left out from now on' }),
  },
  {
    statuses: refused,
    text: /tool_call_id\b.{0,200}not found|role .{0,3}tool.{0,3} must be a response to a preceding message|must be followed by tool messages|did not have response messages|insufficient tool messages/is,
    repair: () => ({ what: 'pairing', patch: { repairHistory: true }, says: 'calls and results are paired anew from now on' }),
  },
  {
    statuses: refused,
    text: /tool_choice/,
    repair: () => ({ what: 'tool-choice', patch: { freeChoice: true }, says: '`tool_choice` is left out from now on, so the model is free to choose' }),
  },
  {
    statuses: refused,
    text: /invalid (temperature|top_p|n|presence_penalty|frequency_penalty|thinking)\b.{0,80}\bonly\b/is,
    repair: ({ mode, sent }, [, name = '']) =>
      sent.includes(name)
        ? { what: `locked ${name}`, patch: { without: [...mode.without, name] }, says: `\`${name}\` is left out from now on: its value is fixed` }
        : undefined,
  },
  {
    statuses: refused,
    text: /['"`]?max_tokens['"`]?.{0,80}max_completion_tokens/is,
    repair: ({ mode }) => ({
      what: 'limit-name',
      patch: { renames: { ...mode.renames, max_tokens: 'max_completion_tokens' } },
      says: '`max_tokens` is sent as `max_completion_tokens` from now on',
    }),
  },
  { statuses: refused, text: /max(?:_completion)?_tokens.{0,80}(?:range.{0,40}\[\s*\d+\s*,|at most|less than or equal to|<=)\s*(\d+)/is, repair: repairLimit },
  {
    statuses: refused,
    text: /response_format type is unavailable|json_schema.{0,60}(?:not supported|unsupported)/i,
    repair: () => ({ what: 'response-format', patch: { looseFormat: true }, says: 'the format is asked for without its schema from now on' }),
  },
  {
    statuses: refused,
    text: /moonshot flavored json schema/i,
    repair: ({ mode }) =>
      mode.schemas === 'mfjs'
        ? undefined
        : { what: 'schema-flavour', patch: { schemas: 'mfjs' }, says: "tool schemas are sent in Moonshot's flavour from now on" },
  },
  {
    statuses: refused,
    text: /\b(?:oneOf|anyOf|allOf)\b[\s\S]{0,80}\btop[ -]level/i,
    repair: ({ mode }) =>
      mode.joinsTop
        ? undefined
        : { what: 'schema-top', patch: { joinsTop: true }, says: 'unions at the top of tool schemas are sent as one object from now on' },
  },
  {
    statuses: [...refused, 500],
    text: /JSONDecodeError|json\.exception\.parse_error|(?:parse|decode|invalid|expecting).{0,60}(?:tool call )?arguments.{0,60}json|arguments.{0,60}(?:valid|invalid) json|\bline \d+ column \d+ \(char \d+\)|invalid tool call arguments/is,
    repair: ({ mode }) =>
      mode.callInputs === 'json'
        ? undefined
        : { what: 'call-inputs', patch: { callInputs: 'json' }, says: 'arguments of earlier calls that are not JSON are sent wrapped from now on' },
  },
  {
    statuses: refused,
    text: /tool_(?:call(?:_id|s\[\d+\]\.id|s\.\d+\.id|_ids?)|use\.id).{0,120}(?:pattern|match|invalid character|alphanumeric)/is,
    repair: ({ mode }) =>
      mode.callIds === 'safe'
        ? undefined
        : { what: 'call-ids', patch: { callIds: 'safe' }, says: 'ids of calls are sent with letters, digits, `_` and `-` alone from now on' },
  },
]

/**
 * Finds how a refused request can be worded so that the rule it broke is kept.
 *
 * @param done - What was repaired before: it is not tried again.
 */
export function findRepair(refusal: Refusal, done: ReadonlySet<string>): Repair | undefined {
  const words = `${refusal.said.param} ${refusal.said.message}`.slice(0, 4_000)
  const room = roomForOutput(words, refusal.maxOutputTokens)
  if (room !== undefined) {
    return {
      what: 'output-room',
      patch: { maxOutputTokens: room },
      says: `at most ${room} output tokens are asked for in this conversation`,
      scope: 'conversation',
    }
  }
  for (const { statuses, text, repair } of rules) {
    if (!statuses.includes(refusal.status)) continue
    const match = text.exec(words)
    const found = match === null ? undefined : repair(refusal, match)
    if (found !== undefined && !done.has(found.what)) return { ...found, scope: 'endpoint' }
  }
  return undefined
}

const more: Readonly<Record<PassBack, PassBack | undefined>> = { strip: 'always', present: 'always', always: 'every', every: undefined }

/** Reasoning is wanted, or wanted more often, or not wanted: whichever way the endpoint turns first, it is not turned back. */
function repairReasoning({ profile, mode, said, learned }: Refusal): Omit<Repair, 'scope'> | undefined {
  const { field, flips } = profile.reasoning
  const isWanted = mode.passBack === 'strip' || /missing|must be (?:passed back|provided|present)|required/i.test(said.message)
  if (isWanted) {
    const passBack = learned.passBack === 'strip' ? undefined : more[mode.passBack]
    if (passBack === undefined) return undefined
    const often = passBack === 'every' ? ' with every assistant message' : ''
    return { what: `reasoning ${passBack}`, patch: { passBack }, says: `\`${field}\` is sent back${often} from now on` }
  }
  const isTurned = learned.passBack !== undefined && learned.passBack !== 'strip'
  if (flips !== true || isTurned || !/reasoning/.test(`${said.param} ${said.message}`)) return undefined
  return { what: 'reasoning strip', patch: { passBack: 'strip' }, says: `\`${field}\` is left out from now on` }
}

function repairLimit({ maxOutputTokens }: Refusal, [, highest = '']: RegExpExecArray): Omit<Repair, 'scope'> | undefined {
  const limit = Number(highest)
  if (maxOutputTokens === undefined || limit < 1 || limit >= maxOutputTokens) return undefined
  return { what: `output limit ${limit}`, patch: { maxOutputTokens: limit }, says: `at most ${limit} output tokens are asked for from now on` }
}
