import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openaiCompatible } from '@capstan/adapters'
import type { Model } from '@capstan/core'
import type { ExchangeLine, TracedEvent, TraceLine } from '../format/lines.ts'
import { readTrace } from '../format/read-trace.ts'

/** The key of `modelAt`: must never be in a trace. */
export const testKey = 'canary-4f9a1b2c3d4e5f60718293a4b5c6d7e8'

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'trace-'))
}

/** A model of a server. */
export function modelAt(baseURL: string, settings: Partial<Parameters<typeof openaiCompatible>[0]> = {}): Model {
  return openaiCompatible({ baseURL, model: 'm', apiKey: testKey, ...settings })
}

/** All lines of all traces in a folder, by file. */
export async function tracesIn(folder: string): Promise<readonly (readonly TraceLine[])[]> {
  const names = readdirSync(folder).sort()
  return await Promise.all(names.map(async (name) => (await readTrace(join(folder, name))).lines))
}

/** The lines of the only trace in a folder. */
export async function traceIn(folder: string): Promise<readonly TraceLine[]> {
  const [first, ...others] = await tracesIn(folder)
  if (first === undefined || others.length > 0) throw new Error(`There are ${others.length + (first === undefined ? 0 : 1)} files in ${folder}, not one.`)
  return first
}

export function eventsOf(lines: readonly TraceLine[]): readonly TracedEvent[] {
  return lines.flatMap((line) => (line.type === 'event' ? [line.event] : []))
}

export function exchangesOf(lines: readonly TraceLine[]): readonly ExchangeLine[] {
  return lines.flatMap((line) => (line.type === 'exchange' ? [line] : []))
}

/** The body of the response of an exchange, as it came. */
export function bodyOf({ chunks }: ExchangeLine): Buffer {
  return Buffer.concat(chunks.map(([, bytes]) => Buffer.from(bytes, 'base64')))
}

/** Everything that is in the files of a folder. */
export function textIn(folder: string): string {
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('')
}
