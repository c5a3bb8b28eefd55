import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { broken } from '../failure.ts'
import { createFile, makeFolder, readIfThere, withFile } from './files.ts'
import { readLines } from './lines.ts'

const logName = 'log.jsonl'
const valuesName = 'values'

/** A value of more bytes than this is stored in its own file, and its line has a reference to the file. */
const maxLineBytes = 65_536

/** The values of a log, and the size of its complete lines in bytes. */
export interface LogContent {
  readonly values: readonly Json[]
  readonly completeBytes: number
}

export function logOf(folder: string): string {
  return join(folder, logName)
}

export function valuesOf(folder: string): string {
  return join(folder, valuesName)
}

/** Encodes values as lines, without line feeds. When the promise resolves, large values are durable in their own files. */
export async function encodeLines(folder: string, values: readonly Json[]): Promise<readonly string[]> {
  const lines: string[] = []
  for (const value of values) {
    const text = JSON.stringify(value)
    const bytes = Buffer.byteLength(text)
    lines.push(bytes <= maxLineBytes ? text : await keepValue(folder, text, bytes))
  }
  return lines
}

async function keepValue(folder: string, text: string, bytes: number): Promise<string> {
  const sha256 = hashOf(text)
  await makeFolder(valuesOf(folder))
  await createFile(valueFile(folder, sha256), { text, isDurable: true })
  return JSON.stringify({ sha256, bytes })
}

/**
 * Reads a log. Bytes after the last line feed are an incomplete line that a crash left, which does not count. The same is true of a last
 * line that is not JSON.
 *
 * @returns `undefined` if there is no log.
 * @throws {AgentError} `journal-failed` if an earlier line was changed, or a value is missing.
 */
export async function readLog(folder: string): Promise<LogContent | undefined> {
  return await withFile(logOf(folder), async (file) => await readContent(folder, file))
}

async function readContent(folder: string, file: FileHandle): Promise<LogContent> {
  const values: Json[] = []
  let completeBytes = 0
  let badLine: number | undefined
  for await (const lines of readLines(file, maxLineBytes)) {
    for (const { text, end } of lines) {
      if (badLine !== undefined) throw broken(`Line ${badLine} of ${logOf(folder)} cannot be read`)
      const value = text === undefined ? undefined : parse(text)
      if (value === undefined) {
        badLine = values.length + 1
        continue
      }
      values.push(isReference(value) ? await readValue(folder, value.sha256) : value)
      completeBytes = end
    }
  }
  return { values, completeBytes }
}

interface Reference {
  readonly sha256: string
}

function isReference(value: Json): value is Json & Reference {
  return isJsonObject(value) && typeof value['sha256'] === 'string' && !('type' in value)
}

async function readValue(folder: string, sha256: string): Promise<Json> {
  const file = valueFile(folder, sha256)
  const text = await readIfThere(file)
  const value = text !== undefined && hashOf(text) === sha256 ? parse(text) : undefined
  if (value === undefined) throw broken(`The value in ${file} is missing or is not what was written`)
  return value
}

function parse(text: string): Json | undefined {
  try {
    // JSON.parse returns JSON.
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function valueFile(folder: string, sha256: string): string {
  return join(valuesOf(folder), `${sha256}.json`)
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
