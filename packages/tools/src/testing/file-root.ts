import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json, Tool } from '@capstan/core'
import { callTool, makeCall } from './call.ts'

/** A folder for tools, and beside it one that they must not reach. */
export interface FileRoot {
  readonly base: string
  readonly root: string
  readonly outside: string
  readonly remove: () => void
}

/** Makes the two folders. In the second one is `secret.txt`. */
export function makeFileRoot(): FileRoot {
  const base = mkdtempSync(join(tmpdir(), 'capstan-root-'))
  const root = join(base, 'root')
  const outside = join(base, 'outside')
  mkdirSync(root)
  mkdirSync(outside)
  writeFileSync(join(outside, 'secret.txt'), 'TOP-SECRET')
  return { base, root, outside, remove: () => rmSync(base, { recursive: true, force: true }) }
}

let calls = 0

/** Calls a tool under a key of its own, or under the given one, and returns the text, with the status before it unless it is `ok`. */
export async function use(tool: Tool, input: Json, idempotencyKey: string = `run/${++calls}`): Promise<string> {
  const { status, text } = await callTool(tool, input, makeCall({ idempotencyKey }))
  return status === 'ok' ? text : `${status}: ${text}`
}
