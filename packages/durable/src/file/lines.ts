import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { broken } from '../failure.ts'
import { createWhole, hasCode, makeFolder } from './files.ts'

/** A value of more bytes than this is kept in a file of its own, and the line has a reference. */
export const maxLineBytes = 65_536

/** Makes one line of a value, without its line feed. A large value is durable in its own file before its line is there. */
export async function encodeLine(folder: string, value: Json): Promise<string> {
  const text = JSON.stringify(value)
  const bytes = Buffer.byteLength(text)
  if (bytes <= maxLineBytes) return text
  const sha256 = hashOf(text)
  await makeFolder(join(folder, 'values'))
  await createWhole(valueFile(folder, sha256), text, true)
  return JSON.stringify({ sha256, bytes })
}

/** The values of a log, and how many of its bytes are whole lines. */
export interface ReadLines {
  readonly values: readonly Json[]
  readonly wholeBytes: number
}

/**
 * Reads a log. What follows the last line feed was torn by a crash and never counted; so was a last line that is no JSON.
 *
 * @throws {AgentError} `journal-failed` when an earlier line is not what was written, or a value is missing; `undefined` for no file.
 */
export async function readLines(folder: string, name: string): Promise<ReadLines | undefined> {
  const file = join(folder, name)
  const bytes = await readBytes(file)
  if (bytes === undefined) return undefined
  let wholeBytes = bytes.lastIndexOf(10) + 1
  const lines = bytes.toString('utf8', 0, wholeBytes).split('\n').slice(0, -1)
  const values: Json[] = []
  for (const [index, line] of lines.entries()) {
    const value = parse(line)
    if (value === undefined && index < lines.length - 1) throw broken(`Line ${index + 1} of ${file} cannot be read`)
    if (value === undefined) wholeBytes -= Buffer.byteLength(line) + 1
    else values.push(await resolve(folder, value))
  }
  return { values, wholeBytes }
}

async function resolve(folder: string, value: Json): Promise<Json> {
  if (!isJsonObject(value) || typeof value['sha256'] !== 'string' || 'type' in value) return value
  const file = valueFile(folder, value['sha256'])
  const text = (await readBytes(file))?.toString('utf8')
  const whole = text !== undefined && hashOf(text) === value['sha256'] ? parse(text) : undefined
  if (whole === undefined) throw broken(`The value in ${file} is missing or not what was written`)
  return whole
}

async function readBytes(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
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
  return join(folder, 'values', `${sha256}.json`)
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
