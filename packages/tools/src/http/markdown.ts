import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { fatal } from '@capstan/core'
import { invalidOptions } from '@capstan/core/internal'

/** A page to convert. */
export interface Page {
  readonly html: string
  /** The base of relative links. */
  readonly url: string
  /** When the conversion ends, in milliseconds from now. */
  readonly maxMs: number
  /** The most characters of the result. */
  readonly maxLength: number
  readonly signal: AbortSignal
}

/** What became of a page. */
export interface Markdown {
  readonly text: string
  /** Why the text is only the beginning of the page. */
  readonly note?: string
}

const limits = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 } as const
/** Characters that are converted before what came out of them is passed on. */
const sliceLength = 131_072

/**
 * What the thread executes. A page decides how long its conversion takes and how much memory it needs: deeply nested elements take quadratic
 * time. So it happens in a thread that can be ended at any moment and has a heap of its own.
 */
const program = `
const { parentPort, workerData: { module, html, origin, sliceLength } } = require('node:worker_threads')
const { ReadableStream } = require('node:stream/web')
const withoutData = { processAttributes(node) {
  for (const name of ['href', 'src']) if (/^[\\s\\0-\\x1f]*(?:data|javascript|vbscript):/i.test(node.attributes?.[name] ?? '')) delete node.attributes[name]
} }
async function* slices() {
  for (let at = 0; at < html.length; at += sliceLength) yield html.slice(at, at + sliceLength)
}
import(module).then(async ({ streamHtmlToMarkdown }) => {
  for await (const text of streamHtmlToMarkdown(ReadableStream.from(slices()), { origin, hooks: [withoutData], clean: { emptyImages: true } })) parentPort.postMessage(text)
})
`

/**
 * Converts HTML to Markdown, in a thread with limits of time, memory and length. What was converted before a limit was reached is returned.
 *
 * @throws A fatal `invalid-options` if the library is not installed.
 */
export function toMarkdown({ html, url, maxMs, maxLength, signal }: Page): Promise<Markdown> {
  const workerData = { module: findLibrary(), html, origin: url, sliceLength }
  const worker = new Worker(program, { eval: true, workerData, env: {}, stdout: true, stderr: true, resourceLimits: limits })
  return new Promise((resolve, reject) => {
    const parts: string[] = []
    let length = 0
    const settle = (note?: string): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      void worker.terminate()
      if (signal.aborted) reject(signal.reason)
      else resolve({ text: parts.join('').slice(0, maxLength).trim(), ...(note !== undefined && { note }) })
    }
    const stop = (): void => settle()
    const timer = setTimeout(() => settle(`the rest of the page was left out: there was no time left to convert it`), maxMs)
    signal.addEventListener('abort', stop)
    worker.on('message', (text: string) => {
      parts.push(text)
      length += text.length
      if (length > maxLength) settle('the rest of the page was left out: its Markdown is too long')
    })
    worker.on('error', () => settle('the rest of the page was left out: it could not be converted'))
    worker.on('exit', () => settle())
  })
}

/** The URL of the library, beside this package or in the current folder: a thread cannot load what a bundler has put into a bundle. */
function findLibrary(): string {
  const own: unknown = import.meta.url
  const bases = [...(typeof own === 'string' && own.startsWith('file:') ? [own] : []), join(process.cwd(), 'package.json')]
  for (const base of bases) {
    try {
      return pathToFileURL(createRequire(base).resolve('@mdream/js')).href
    } catch {
      // The next place.
    }
  }
  throw fatal(invalidOptions(`HTML becomes Markdown with the package @mdream/js, which is not installed: npm install @mdream/js. Or set \`html: 'source'\`.`))
}
