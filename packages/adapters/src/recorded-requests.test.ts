import { AgentError, type Json, type JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { hasRecordings, missingRecordings, recordedExchanges } from '@capstan/test-kit'
import { describe, expect, test } from 'vitest'
import { deepseekFlash } from './profiles/deepseek.ts'
import { requestOf, settingsOf } from './testing/neutral-request.ts'
import { modeOf } from './wire/encode-mode.ts'
import { encodeParameters, isThinking } from './wire/encode-parameters.ts'
import { createRequestEncoder } from './wire/encode-request.ts'

// Each recorded request is converted to neutral messages and settings and encoded again. The result may differ only in these ways.
const differences = {
  'no-stream-flag': '`stream: false` is sent; the recorded client omits the key.',
  'null-choice': 'A setting without a value is not sent; the recorded client sends null.',
  'parallel-calls': 'There is no setting for parallel_tool_calls; extraBody sends it.',
  'call-index': 'The recorded client sends back the index of a call, which messages do not have.',
  'image-detail': 'The recorded client sends the detail of an image, which messages do not have.',
} as const

const refusals = {
  'named-choice': 'A named tool choice is not supported: endpoints differ on it.',
  'forced-while-thinking': 'A forced tool choice is refused before any request while the model thinks; the recorded response is a 400.',
  'other-parts': 'Audio, video and file parts are not supported; the recorded response is a 400.',
} as const

type Difference = keyof typeof differences
type Refusal = keyof typeof refusals

interface Made {
  readonly body?: JsonObject
  readonly refused?: Refusal
}

function make(recorded: JsonObject): Made {
  const choice = recorded['tool_choice']
  if (isJsonObject(choice)) return { refused: 'named-choice' }
  const settings = settingsOf(recorded)
  const request = requestOf(recorded)
  if (request === undefined) return { refused: 'other-parts' }
  const model = String(recorded['model'])
  const thinks = isThinking(settings, deepseekFlash)
  const extraBody = 'parallel_tool_calls' in recorded ? { parallel_tool_calls: recorded['parallel_tool_calls'] ?? null } : undefined
  const encoder = createRequestEncoder({
    model,
    profile: deepseekFlash,
    parameters: encodeParameters(settings, deepseekFlash, model),
    allowTools: false,
    hasTextForm: false,
    thinks,
    extraBody,
  })
  try {
    return {
      body: JSON.parse(encoder.encode(request, modeOf(deepseekFlash, { stream: recorded['stream'] === true, thinks })).bytes.toString('utf8')) as JsonObject,
    }
  } catch (error) {
    if (AgentError.is(error) && choice === 'required' && thinks) return { refused: 'forced-while-thinking' }
    throw error
  }
}

/** A body that is being compared. */
type Body = Record<string, Json>

/** Each removes one difference from both bodies and returns whether it was there. */
const explainers: Readonly<Record<Difference, (recorded: Body, made: Body) => boolean>> = {
  'no-stream-flag': (recorded, made) => recorded['stream'] === undefined && delete made['stream'],
  'null-choice': (recorded) => recorded['tool_choice'] === null && delete recorded['tool_choice'],
  'parallel-calls': (recorded) => 'parallel_tool_calls' in recorded,
  'call-index': (recorded) =>
    callsIn(recorded)
      .map((call) => call['index'] !== undefined && delete call['index'])
      .includes(true),
  'image-detail': (recorded) =>
    messagesIn(recorded)
      .flatMap(({ content }) => (Array.isArray(content) ? (content as unknown as Body[]) : []))
      .map((part) => {
        const image = part['image_url'] as Body | undefined
        return image?.['detail'] !== undefined && delete image['detail']
      })
      .includes(true),
}

function messagesIn(body: Body): readonly Body[] {
  return body['messages'] as unknown as readonly Body[]
}

function callsIn(body: Body): readonly Body[] {
  return messagesIn(body).flatMap((message) => (message['tool_calls'] ?? []) as unknown as readonly Body[])
}

function explain(recorded: JsonObject, made: JsonObject): { found: readonly Difference[]; recorded: JsonObject; made: JsonObject } {
  const left = structuredClone(recorded) as Body
  const right = structuredClone(made) as Body
  // The keys are those of the list above.
  const names = Object.keys(explainers) as Difference[]
  return { found: names.filter((name) => explainers[name](left, right)), recorded: left, made: right }
}

const exchanges = recordedExchanges('rig-deepseek').filter(({ request }) => request?.['messages'] !== undefined)

describe.skipIf(!hasRecordings)(`recorded requests of 0xPlaygrounds/rig tests/cassettes/deepseek${missingRecordings}`, () => {
  const seen = new Map<string, number>()
  const count = (name: string): void => {
    seen.set(name, (seen.get(name) ?? 0) + 1)
  }

  test.each(exchanges)('$name: the encoded request equals the recorded one', ({ request, status }) => {
    const recorded = request as JsonObject
    const { body, refused } = make(recorded)
    if (refused !== undefined) {
      count(refused)
      // The provider refused these requests too, except those with a named tool choice.
      if (refused === 'named-choice') expect(body).toBeUndefined()
      else expect(status).toBe(400)
      return
    }
    const explained = explain(recorded, body ?? {})
    for (const name of explained.found) count(name)
    expect(explained.made).toEqual(explained.recorded)
  })

  test('each difference is listed, and each listed difference was found', () => {
    const known = [...Object.keys(differences), ...Object.keys(refusals)]
    expect([...seen.keys()].filter((name) => !known.includes(name))).toEqual([])
    expect(known.filter((name) => !seen.has(name))).toEqual([])
  })
})
