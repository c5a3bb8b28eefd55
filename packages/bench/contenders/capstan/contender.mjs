import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, fileJournal, openaiCompatible, tool } from 'capstan'

export const settings = ['`openaiCompatible` with its defaults: all clocks, limits and retries on', 'limits of steps and tool calls raised to 10,000']

const eventTypes = /** @type {const} */ ([
  'run-start',
  'step-start',
  'attempt',
  'reasoning-delta',
  'text-delta',
  'tool-call-delta',
  'step-retry',
  'message-end',
  'tool-start',
  'tool-progress',
  'tool-end',
  'repaired',
  'warning',
  'step-end',
  'run-end',
  'run-error',
])

export async function create({ baseURL, apiKey, tool: { name, description, schema }, mode, schemaKind, execute }) {
  if (!['plain', 'on', 'iterate', 'listen', 'journal', 'untraced', 'trace', 'tape'].includes(mode)) return undefined
  const work = tool({ name, description, inputSchema: schemaKind === 'json' ? schema : await zodSchema(), effect: 'read', execute: (input) => execute(input) })
  const needsFolder = mode === 'journal' || mode === 'trace' || mode === 'tape'
  const folder = needsFolder ? mkdtempSync(join(mode === 'journal' ? tmpdir() : memory(), 'capstan-bench-')) : undefined
  const trace = await tracerFor(mode, folder)
  const agent = new Agent({
    ...(trace && { trace }),
    model: openaiCompatible({ baseURL, apiKey, model: 'bench', stream: mode !== 'plain' }),
    tools: [work],
    limits: { steps: 10_000, toolCalls: 10_000 },
  })
  const journal = mode === 'journal' && folder !== undefined ? fileJournal(folder) : undefined
  const close = () => folder && rmSync(folder, { recursive: true, force: true })
  return { run: (prompt, onText) => (runs[mode] ?? runs.on)({ agent, journal }, prompt, onText), close }
}

const runs = {
  plain: async ({ agent }, prompt) => (await agent.generate(prompt)).textOrThrow(),
  on: async ({ agent }, prompt, onText) => {
    const run = agent.stream(prompt)
    run.on('text-delta', ({ delta }) => onText(delta))
    return (await run.result).textOrThrow()
  },
  iterate: async ({ agent }, prompt, onText) => {
    const run = agent.stream(prompt)
    for await (const event of run) {
      if (event.type === 'text-delta') onText(event.delta)
    }
    return (await run.result).textOrThrow()
  },
  /** A file that is synced before a record counts, a new one for each run. */
  journal: async ({ agent, journal }, prompt, onText) => {
    const run = agent.stream(prompt, { journal })
    run.on('text-delta', ({ delta }) => onText(delta))
    return (await run.result).textOrThrow()
  },
  /** A listener on every type of event. */
  listen: async ({ agent }, prompt, onText) => {
    const run = agent.stream(prompt)
    let last = 0
    for (const type of eventTypes) run.on(type, (event) => (last = event.seq))
    run.on('text-delta', ({ delta }) => onText(delta))
    const text = (await run.result).textOrThrow()
    if (last === 0) throw new Error('The listeners received no event.')
    return text
  },
}

/** A folder in memory where there is one: what a new file costs on a disk differs by a factor of twenty with what was deleted there in the last minutes. */
function memory() {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
}

async function tracerFor(mode, folder) {
  if (!['untraced', 'trace', 'tape'].includes(mode)) return undefined
  const { traceTo } = await import('@capstan/trace')
  return folder === undefined ? undefined : traceTo(folder, { tape: mode === 'tape' })
}

async function zodSchema() {
  const { z } = await import('zod')
  return z.object({ step: z.number().int(), text: z.string() })
}
