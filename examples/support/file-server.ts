import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { evolink, type Model } from 'capstan'
import { type ScriptedReply, type SimulatedRequest, startSimulator } from 'capstan/testing'

const installer = fileURLToPath(new URL('../../../packages/mcp/servers/install.mjs', import.meta.url))

/** A folder with notes, the command of the reference server for files, and a model that reads a note. */
export interface FileServer {
  readonly command: string
  readonly folder: string
  readonly model: Model
  close(): Promise<void>
}

/** Installs the server at the first use (63 MB). You would write `command: 'npx', args: ['-y', '@modelcontextprotocol/server-filesystem', folder]`. */
export async function fileServer(): Promise<FileServer> {
  const { status, stdout, stderr } = spawnSync(process.execPath, [installer], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr.trim())
  const folder = await mkdtemp(join(tmpdir(), 'capstan-notes-'))
  await writeFile(join(folder, 'oslo.txt'), 'Oslo: warm clothes, and the ferry at nine.')
  const simulator = await startSimulator({ respond: (request) => replyTo(request, join(folder, 'oslo.txt')) })
  const model = evolink('kimi-k2-thinking', { baseURL: simulator.baseURL, apiKey: 'none' })
  const close = async (): Promise<void> => {
    await simulator.close()
    await rm(folder, { recursive: true })
  }
  return { command: join(stdout.trim(), 'node_modules/.bin/mcp-server-filesystem'), folder, model, close }
}

function replyTo({ rawBody }: SimulatedRequest, path: string): ScriptedReply {
  if (!rawBody.includes('"role":"tool"')) return { reasoning: 'The note has to be read.', toolCalls: [{ name: 'files__read_text_file', input: { path } }] }
  return { reasoning: 'It is read.', text: 'Take warm clothes; the ferry leaves at nine.' }
}
