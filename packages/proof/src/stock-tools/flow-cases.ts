import type { Tool } from '@capstan/core'
import { calculator } from '@capstan/tools/calculator'
import { dates } from '@capstan/tools/dates'
import { fileChanges, files } from '@capstan/tools/files'
import { http, httpSend } from '@capstan/tools/http'
import { shell } from '@capstan/tools/shell'
import { todo } from '@capstan/tools/todo'
import type { AttackCase } from './attack-case.ts'
import { must } from './lab.ts'

const programs = [{ path: '/bin/echo', arguments: 'any' }] as const

function declares(tools: readonly Tool[], name: 'returns' | 'reaches', wanted: string): string {
  for (const tool of tools) must([tool[name] ?? []].flat().includes(wanted), `${tool.name} does not declare ${wanted}`)
  return `\`${wanted}\``
}

function isFree(tools: readonly Tool[], what: string): string {
  for (const tool of tools) must(tool.returns === undefined && tool.reaches === undefined, `${tool.name} declares something`)
  return what
}

function asks(tools: readonly Tool[]): void {
  for (const tool of tools) must(tool.needsApproval === true, `${tool.name} does not ask`)
}

/** What the guard of an agent needs to know, and what a person is asked. */
export const flowCases: readonly AttackCase[] = [
  {
    attack: 'instructions in a result: what the tool declares as `returns`',
    tools: {
      calculator: async () => isFree([calculator], 'computed'),
      dates: async () => isFree(dates, 'computed'),
      files: async ({ root }) => {
        isFree(files({ root }), '')
        return `${declares(files({ root, returns: 'untrusted' }), 'returns', 'untrusted')} where the owner says so`
      },
      http: async () => declares([http({ hosts: 'public' }), httpSend({ hosts: 'public', methods: ['POST'] })], 'returns', 'untrusted'),
      shell: async ({ root }) => declares([shell({ root, programs })], 'returns', 'untrusted'),
      todo: async () => isFree([todo], 'its own input'),
    },
  },
  {
    attack: 'a change that a document asked for: what the tool declares as `reaches`, and who approves',
    tools: {
      fileChanges: async ({ root }) => {
        const tools = fileChanges({ root })
        asks(tools)
        return `${declares(tools, 'reaches', 'write')}; a person approves each call`
      },
      http: async () => {
        const send = httpSend({ hosts: 'public', methods: ['POST'] })
        asks([send])
        return `${declares([http({ hosts: 'public' }), send], 'reaches', 'external')}; a person approves each \`http_send\``
      },
      shell: async ({ root }) => {
        const tools = [shell({ root, programs })]
        asks(tools)
        return `${declares(tools, 'reaches', 'code')}; a person approves each call`
      },
    },
  },
]
