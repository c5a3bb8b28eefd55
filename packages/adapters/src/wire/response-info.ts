import type { JsonObject } from '@capstan/core'
import type { MutableInfo } from './decode-context.ts'

/** Reads what a body or a chunk tells about the response. */
export function readInfo(body: JsonObject): MutableInfo {
  const { id, object, created, model, system_fingerprint: systemFingerprint } = body
  const info: MutableInfo = {}
  if (typeof id === 'string' && id !== '') info.id = id
  if (typeof object === 'string') info.object = object
  if (typeof created === 'number') info.created = created
  if (typeof model === 'string') info.model = model
  if (typeof systemFingerprint === 'string') info.systemFingerprint = systemFingerprint
  return info
}
