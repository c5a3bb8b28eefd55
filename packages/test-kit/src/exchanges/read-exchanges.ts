import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Exchange, isStream, type OwnExchange } from './exchange.ts'
import { parseExchanges, parseOwnExchange } from './parse-exchanges.ts'

const ownFolder = resolve(import.meta.dirname, '../../fixtures/exchanges')
/** Recorded traffic is not part of the repository. Where it is available, it is beside it. */
const recordedFolder = resolve(import.meta.dirname, '../../../../../shared/fixtures')

/** True when recorded traffic is available. Tests that need it are skipped elsewhere, and say so. */
export const hasRecordings: boolean = existsSync(recordedFolder)

/** For the title of a block of tests on recorded traffic. */
export const missingRecordings: string = hasRecordings ? '' : ' [SKIPPED: the recordings are not beside this repository]'

/** The exchanges that were written for this project, in the shapes of recorded ones. */
export function ownExchanges(): readonly OwnExchange[] {
  return filesIn(ownFolder, '.yaml').map(({ name, text }) => parseOwnExchange(name.replace(/\.yaml$/, ''), text))
}

/** A file as text, its name given from the folder that was asked for. */
export interface RecordedFile {
  readonly name: string
  readonly text: string
}

/** The recorded files below a folder whose names have an ending, sorted; none where the recordings are not available. */
export function recordedFiles(folder: string, ending: string): readonly RecordedFile[] {
  return hasRecordings ? filesIn(join(recordedFolder, folder), ending) : []
}

/**
 * The recorded exchanges below a folder. Files of chunks (`…chunks.txt`, one JSON a line) and of documents (`.json`) have no request;
 * they become responses of status 200.
 */
export function recordedExchanges(folder: string): readonly Exchange[] {
  return [
    ...recordedFiles(folder, '.yaml').flatMap(({ name, text }) => parseExchanges(name.replace(/\.yaml$/, ''), text)),
    ...recordedFiles(folder, 'chunks.txt').map(({ name, text }) => response(name, 'text/event-stream', streamOf(text))),
    ...recordedFiles(folder, '.json').map(({ name, text }) => response(name, 'application/json', text)),
  ]
}

/** All streams: the project's own, and the recorded ones where they are available. */
export function allStreams(): readonly { readonly name: string; readonly bytes: Buffer }[] {
  return [...ownExchanges(), ...recordedExchanges('.')].filter(isStream).map(({ name, body }) => ({ name, bytes: Buffer.from(body) }))
}

function filesIn(folder: string, ending: string): readonly RecordedFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }))
}

function response(name: string, contentType: string, body: string): Exchange {
  return { name, path: '', request: undefined, status: 200, headers: { 'content-type': contentType }, body }
}

function streamOf(chunks: string): string {
  const lines = chunks.split('\n').filter((line) => line.trim() !== '')
  return `${lines.map((line) => `data: ${line}\n\n`).join('')}data: [DONE]\n\n`
}
