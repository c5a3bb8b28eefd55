import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Decision } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { broken } from '../failure.ts'
import { readIfThere, syncFolder } from './files.ts'

const inboxName = 'inbox.jsonl'

/**
 * Keeps a decision: any process may, at any time, without owning the run. The first decision about a question stays.
 *
 * @returns The one that stays.
 */
export async function addDecision(folder: string, decision: Decision): Promise<Decision> {
  const path = join(folder, inboxName)
  const isNew = (await stat(path).catch(() => undefined)) === undefined
  const file = await open(path, 'a')
  try {
    // One write that begins with a line feed: whatever was torn before it stays a line of its own.
    await file.write(`\n${JSON.stringify(decision)}\n`)
    await file.datasync()
  } finally {
    await file.close()
  }
  if (isNew) await syncFolder(folder)
  // Appends have one order for all: who comes first is the same for everyone who reads.
  const kept = (await readDecisions(folder)).find(({ id }) => id === decision.id)
  if (kept === undefined) throw broken(`The decision written to ${path} is not there`)
  return kept
}

/** What people decided: the first decision about each question, in order. */
export async function readDecisions(folder: string): Promise<readonly Decision[]> {
  const text = (await readIfThere(join(folder, inboxName))) ?? ''
  const decisions = new Map<string, Decision>()
  for (const line of text.split('\n')) {
    const decision = parse(line)
    if (decision !== undefined && !decisions.has(decision.id)) decisions.set(decision.id, decision)
  }
  return [...decisions.values()]
}

// A line that was torn was never confirmed to whoever decided.
function parse(line: string): Decision | undefined {
  try {
    const value: unknown = JSON.parse(line)
    if (!isJsonObject(value)) return undefined
    const { id, about, answer } = value
    return typeof id === 'string' && typeof about === 'string' && answer !== undefined ? { id, about, answer } : undefined
  } catch {
    return undefined
  }
}
