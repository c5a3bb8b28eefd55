import type { PageLine, SeenEvent } from './lines.ts'

/**
 * Reads a line for the page. An event is passed on as it is recorded, so this is the first to read it: a line that is not an event of a run
 * becomes a note.
 *
 * @returns `undefined` for an empty line.
 */
export function parsePageLine(text: string): PageLine | undefined {
  if (text === '') return undefined
  const line = parse(text)
  if (!isObject(line)) return { type: 'note', message: `A line that is not JSON is skipped: ${JSON.stringify(text.slice(0, 60))}` }
  if (line['type'] === 'event') {
    const { event } = line
    return isEventOfRun(event) ? { type: 'event', event, text } : { type: 'note', message: 'A line that is not an event of a run is skipped.' }
  }
  // Lines of other types are made by this package.
  return line as unknown as PageLine
}

/** True for an event, also one of a later release. */
export function isEventOfRun(value: unknown): value is SeenEvent {
  return isObject(value) && typeof value['type'] === 'string' && typeof value['runId'] === 'string' && typeof value['step'] === 'number'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
