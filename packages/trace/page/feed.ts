import type { ExchangeLine as RecordedExchange } from '../src/format/lines.ts'
import type { ReportContents, RunSummary } from '../src/viewer/lines.ts'
import { followEvents, giveLines, type Listener } from './event-stream.ts'
import { Turns } from './turns.ts'

/** What the page knows of where its data come from. */
export interface Setup {
  /** Absent in a page that was saved as a file. */
  readonly follow?: boolean
  /** What was opened, for people. */
  readonly title: string
}

/** The runs that the page can show. */
export interface RunListing {
  /** What is in this file; absent in a page that is served. */
  readonly contents?: ReportContents
  readonly runs: readonly RunSummary[]
  readonly note?: string
  readonly setup: Setup
}

/** Where the page gets its data. */
export interface Feed {
  list(): Promise<RunListing>
  /** Reads a run; the returned function stops it. */
  open(id: string, listener: Listener): () => void
  exchange(id: string, exchange: number): Promise<RecordedExchange>
}

/** Data from the command that serves the page. */
class ServedFeed implements Feed {
  async list(): Promise<RunListing> {
    return (await readJson('runs')) as RunListing
  }

  open(id: string, listener: Listener): () => void {
    const stopped = new AbortController()
    void followEvents(`run?id=${encodeURIComponent(id)}`, listener, stopped.signal)
    return () => stopped.abort()
  }

  async exchange(id: string, exchange: number): Promise<RecordedExchange> {
    return (await readJson(`exchange?id=${encodeURIComponent(id)}&number=${exchange}`)) as RecordedExchange
  }
}

async function readJson(url: string): Promise<unknown> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`The command answered with status ${response.status}: ${await response.text()}`)
  return await response.json()
}

/** Data in the page itself. */
class SavedFeed implements Feed {
  readonly #listing: RunListing

  constructor(listing: string) {
    const contents = document.querySelector('script[data-contents]')?.textContent
    this.#listing = { ...(JSON.parse(listing) as RunListing), ...(contents && { contents: JSON.parse(contents) as ReportContents }) }
  }

  list(): Promise<RunListing> {
    return Promise.resolve(this.#listing)
  }

  open(_: string, listener: Listener): () => void {
    const stopped = new AbortController()
    void this.#read(listener, stopped.signal)
    return () => stopped.abort()
  }

  async #read(listener: Listener, stopped: AbortSignal): Promise<void> {
    const turns = new Turns()
    // The lines of a run that was closed meanwhile belong to no other one.
    const onLines: Listener['onLines'] = (lines) => void (stopped.aborted || listener.onLines(lines))
    for (const script of document.querySelectorAll('script[data-lines]')) await giveLines((script.textContent ?? '').split('\n'), { onLines }, turns)
    if (!stopped.aborted) listener.onEnd()
  }

  exchange(_: string, exchange: number): Promise<RecordedExchange> {
    const text = document.querySelector(`script[data-exchange="${exchange}"]`)?.textContent
    return text ? Promise.resolve(JSON.parse(text) as RecordedExchange) : Promise.reject(new Error('This file was saved without the bodies of its requests.'))
  }
}

export function findFeed(): Feed {
  const listing = document.querySelector('script[data-runs]')?.textContent
  return listing ? new SavedFeed(listing) : new ServedFeed()
}
