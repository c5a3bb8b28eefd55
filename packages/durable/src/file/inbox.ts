import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentError, type Decision } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { broken } from '../failure.ts'
import { fileMode, syncFolder, undefinedIf, withFile } from './files.ts'
import { readLines } from './lines.ts'

const inboxName = 'inbox.jsonl'
const maxDecisionBytes = 16_777_216

/**
 * Stores a decision. Any process may do this at any time, without owning the run. The first decision about a question counts.
 *
 * @returns The decision that counts.
 */
export async function addDecision(folder: string, decision: Decision): Promise<Decision> {
  const path = join(folder, inboxName)
  const line = JSON.stringify(decision)
  if (Buffer.byteLength(line) > maxDecisionBytes) {
    throw new AgentError(`The decision about '${decision.id}' has more than ${maxDecisionBytes} bytes, so it cannot be stored.`, { code: 'journal-failed' })
  }
  const isNew = (await stat(path).catch(undefinedIf('ENOENT'))) === undefined
  const file = await open(path, 'a', fileMode)
  try {
    // The line feed at the start ends an incomplete line that a crash left.
    await file.writeFile(`\n${line}\n`)
    await file.datasync()
  } finally {
    await file.close()
  }
  if (isNew) await syncFolder(folder)
  // Appended lines have one order, so all readers find the same first decision.
  const kept = (await readDecisions(folder)).find(({ id }) => id === decision.id)
  if (kept === undefined) throw broken(`The decision that was written to ${path} is not in it`)
  return kept
}

/** The first decision about each question, in order. */
export async function readDecisions(folder: string): Promise<readonly Decision[]> {
  const decisions = new Map<string, Decision>()
  await withFile(join(folder, inboxName), async (file) => {
    for await (const lines of readLines(file, maxDecisionBytes)) {
      for (const { text } of lines) {
        const decision = text && parse(text)
        if (decision && !decisions.has(decision.id)) decisions.set(decision.id, decision)
      }
    }
  })
  return [...decisions.values()]
}

// An incomplete line is ignored: the process that wrote it never reported the decision as stored.
function parse(text: string): Decision | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isJsonObject(value)) return undefined
    const isDecision = typeof value['id'] === 'string' && typeof value['about'] === 'string' && value['answer'] !== undefined
    // The line above has checked each field.
    return isDecision ? (value as Decision) : undefined
  } catch {
    return undefined
  }
}
