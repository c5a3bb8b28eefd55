import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ScriptedReply, type SimulatedRequest, type Simulator, startSimulator } from 'capstan/testing'
import { replyTo } from './offline-model.ts'

/** The built program. */
export const program: string = fileURLToPath(new URL('../../dist/automations/nightly.js', import.meta.url))

/** How a process of the program ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Replies to some requests in its own way; `undefined` leaves a request to the offline model. */
type Respond = (request: SimulatedRequest, document: string) => ScriptedReply | undefined

/** A provider, a state folder, and processes of the program that use both. */
export class Bench {
  readonly state: string
  readonly simulator: Simulator

  private constructor(state: string, simulator: Simulator) {
    this.state = state
    this.simulator = simulator
  }

  static async open(respond: Respond = () => undefined, endpoint: 'deepseek' | 'evolink' = 'deepseek'): Promise<Bench> {
    const simulator = await startSimulator({
      endpoint,
      respond: (request) => respond(request, documentOf(request)) ?? replyTo(request),
    })
    return new Bench(await mkdtemp(join(tmpdir(), 'nightly-')), simulator)
  }

  /** The command line of the program, with the provider and the slot of this bench. */
  get words(): readonly string[] {
    return [program, '--state', this.state, '--slot', 's1', '--model', 'deepseek', '--base-url', this.simulator.baseURL, '--requests-per-minute', '9999']
  }

  start(...more: readonly string[]): ChildProcess {
    return spawn(process.execPath, [...this.words, ...more], { env: { ...process.env, DEEPSEEK_API_KEY: 'canary' } })
  }

  async run(...more: readonly string[]): Promise<Ended> {
    return await endOf(this.start(...more))
  }

  /** The documents that were asked about, in order. */
  asked(from = 0): readonly string[] {
    return this.simulator.requests.slice(from).map(documentOf)
  }

  async results(name = 's1.jsonl'): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const text = await readFile(join(this.state, 'results', name), 'utf8')
    if (!text.endsWith('\n')) throw new Error(`${name} does not end with a complete line`)
    return text
      .slice(0, -1)
      .split('\n')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.simulator.close()
  }
}

/** Waits for the end of a process, with what it wrote. */
export async function endOf(child: ChildProcess): Promise<Ended> {
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk) => {
      written[name] += chunk
    })
  }
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', resolve)
  })
  return { code, ...written }
}

function documentOf({ rawBody }: SimulatedRequest): string {
  return /Document \\"(.*?)\\":/.exec(rawBody)?.[1] ?? ''
}
