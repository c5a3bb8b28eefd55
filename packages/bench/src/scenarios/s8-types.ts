import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { metricOf } from '../metric.ts'
import { paths } from '../paths.ts'
import type { Metric } from '../result.ts'
import type { Scenario, Session } from '../session.ts'
import { shell } from '../shell.ts'

/** What `tsc --extendedDiagnostics` reports. */
interface Checked {
  readonly totalMs: number
  readonly instantiations: number
  readonly types: number
}

interface Typed {
  readonly label: string
  readonly folder: string
  readonly header: string
  /** One tool around the schema with this number. */
  readonly tool: (index: number) => string
  readonly footer: string
}

const counts = [1, 10, 100] as const
const use = "({ customer, items }) => [customer.name, ...items.map((item) => item.sku)].join(' ')"
const list = (count: number): string => Array.from({ length: count }, (_, index) => `tool${index}`).join(', ')

/** How each contender words a tool; those without an entry have none that infers its input. */
const wordings: Readonly<Record<string, Omit<Typed, 'label' | 'folder'>>> = {
  capstan: {
    header: "import { Agent, openaiCompatible, tool } from 'capstan'",
    tool: (index) => `const tool${index} = tool({ name: 'tool_${index}', description: 'A tool.', inputSchema: schema${index}, execute: ${use} })`,
    footer: "export const agent = new Agent({ model: openaiCompatible({ baseURL: 'http://127.0.0.1', model: 'm' }), tools: [TOOLS] })",
  },
  'ai-sdk': {
    header: "import { createOpenAICompatible } from '@ai-sdk/openai-compatible'\nimport { generateText, tool } from 'ai'",
    tool: (index) => `const tool${index} = tool({ description: 'A tool.', inputSchema: schema${index}, execute: async ${use} })`,
    footer:
      "export const run = () => generateText({ model: createOpenAICompatible({ name: 'm', baseURL: 'http://127.0.0.1' })('m'), prompt: '', tools: { TOOLS } })",
  },
  'openai-agents': {
    header: "import { Agent, tool } from '@openai/agents'",
    tool: (index) => `const tool${index} = tool({ name: 'tool_${index}', description: 'A tool.', parameters: schema${index}, execute: ${use} })`,
    footer: "export const agent = new Agent({ name: 'm', tools: [TOOLS] })",
  },
  langchain: {
    header: "import { createAgent, tool } from 'langchain'",
    tool: (index) => `const tool${index} = tool(${use}, { name: 'tool_${index}', description: 'A tool.', schema: schema${index} })`,
    footer: "export const agent = createAgent({ model: 'm', tools: [TOOLS] })",
  },
}

export const types: Scenario = {
  id: 's8',
  title: 'Type checking',
  method:
    'One file with 1, 10 and 100 tools, each with its own nested zod 4 object, compared with the same file that has only the schemas and their inferred types. `tsc --noEmit --extendedDiagnostics`: total time, and instantiations, which do not depend on the machine.',
  measure: async (session) => {
    const subjects = [schemasAlone(), ...session.contenders.flatMap(({ name, folder }) => typedOf(name, folder))]
    const metrics: Metric[] = []
    for (const count of counts) {
      const rounds = await checkRounds(session, subjects, count)
      const tools = count === 1 ? '1 tool' : `${count} tools`
      metrics.push(
        metricOf(rounds, { key: `tools-${count}`, title: `Time to check ${tools}`, unit: 'ms', base: 'schemas alone', value: ({ totalMs }) => totalMs }),
        metricOf(rounds, {
          key: `instantiations-${count}`,
          title: `Instantiations for ${tools}`,
          unit: '',
          base: 'schemas alone',
          value: ({ instantiations }) => instantiations,
        }),
      )
    }
    return {
      metrics,
      chart: { kind: 'bars', metrics: counts.map((count) => `tools-${count}`), of: 'ratio' },
      notes: [
        'The time includes reading the declarations of the framework, which is most of it for one tool. `raw` and `openai` have no tools that infer their input.',
      ],
    }
  },
}

function schemasAlone(): Typed {
  return {
    label: 'schemas alone',
    folder: paths.bench,
    header: '',
    tool: (index) => `export const use${index}: (input: z.infer<typeof schema${index}>) => string = ${use}`,
    footer: '',
  }
}

function typedOf(name: string, folder: string): readonly Typed[] {
  const wording = wordings[name]
  return wording === undefined ? [] : [{ label: name, folder, ...wording }]
}

function sourceOf({ header, tool, footer }: Typed, count: number): string {
  const schema = (index: number): string => `const schema${index} = z.object({
  customer: z.object({ name: z.string(), field${index}: z.number().optional(), address: z.object({ street: z.string(), tags: z.array(z.string()) }) }),
  items: z.array(z.object({ sku: z.string(), count: z.number().int().default(1), options: z.record(z.string(), z.union([z.string(), z.number()])) })),
  kind: z.enum(['a${index}', 'b', 'c']).optional(),
})`
  const parts = Array.from({ length: count }, (_, index) => `${schema(index)}\n${tool(index)}`)
  return ["import { z } from 'zod'", header, ...parts, footer.replace('TOOLS', list(count))].join('\n')
}

async function checkRounds(session: Session, subjects: readonly Typed[], count: number): Promise<Map<string, Checked[]>> {
  const rounds = new Map(subjects.map(({ label }): [string, Checked[]] => [label, []]))
  for (let round = -1; round < session.rounds; round++) {
    for (const subject of subjects) {
      const report = await check(session.node, subject, count)
      if (round >= 0) rounds.get(subject.label)?.push(report)
    }
  }
  return rounds
}

async function check(node: string, subject: Typed, count: number): Promise<Checked> {
  const folder = await mkdtemp(join(tmpdir(), 'capstan-types-'))
  try {
    await symlink(join(subject.folder, 'node_modules'), join(folder, 'node_modules'))
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    await writeFile(join(folder, 'tools.ts'), sourceOf(subject, count))
    const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023', '--extendedDiagnostics', 'tools.ts']
    return readDiagnostics(await shell(node, [paths.tsc, ...flags], folder))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function readDiagnostics(text: string): Checked {
  const number = (name: string): number => {
    const [, value] = new RegExp(`^${name}:\\s+([\\d.]+)`, 'm').exec(text) ?? []
    if (value === undefined) throw new Error(`tsc does not report '${name}':\n${text}`)
    return Number(value)
  }
  return { totalMs: number('Total time') * 1_000, instantiations: number('Instantiations'), types: number('Types') }
}
