import { checkNames, invalidOptions } from '@capstan/core/internal'
import type { CheckedTarget, HttpTarget, ProcessTarget } from './options.ts'

const processNames: Readonly<Record<keyof ProcessTarget, true>> = { command: true, args: true, env: true, cwd: true }
const httpNames: Readonly<Record<keyof HttpTarget, true>> = { url: true, headers: true }

/** The variables that a server gets when none are named. */
const defaultVariables = ['PATH', 'HOME']

/**
 * Checks a target and reads the variables that it names.
 *
 * @param onMissing - Called with the name of a variable that this process does not have.
 * @throws {AgentError} `invalid-options`.
 */
export function checkTarget(target: ProcessTarget | HttpTarget, onMissing: (variable: string) => void): CheckedTarget {
  const names = Object.keys({ ...processNames, ...httpNames })
  checkNames(target, { names, what: 'an option of an MCP server', instead: { program: 'command', arguments: 'args', environment: 'env', baseURL: 'url' } })
  const isProcess = 'command' in target && target.command !== undefined
  const isHttp = 'url' in target && target.url !== undefined
  if (isProcess === isHttp) throw invalidOptions('An MCP server has either a command or a url: mcp({ command, args, env }) or mcp({ url, headers }).')
  checkNames(
    target,
    isProcess
      ? { names: Object.keys(processNames), what: 'an option of a server with a command' }
      : { names: Object.keys(httpNames), what: 'an option of a server with a url' },
  )
  return isProcess ? checkProcess(target, onMissing) : checkHttp(target as HttpTarget) // one of the two was checked to be there
}

function checkProcess({ command, args = [], env, cwd }: ProcessTarget, onMissing: (variable: string) => void): CheckedTarget {
  const isText = (value: unknown): boolean => typeof value === 'string' && !value.includes('\0')
  if (!isText(command) || command.trim() === '') throw invalidOptions("mcp({ command }) must be a program, such as 'npx'.")
  if (!Array.isArray(args) || !args.every(isText)) {
    throw invalidOptions(`mcp({ args }) must be a list of texts, one for each argument, such as ['-y', 'a-server']. No shell splits a command line.`)
  }
  if (cwd !== undefined && !isText(cwd)) throw invalidOptions('mcp({ cwd }) must be the path of a folder.')
  return { kind: 'process', command, args, env: readVariables(env ?? defaultVariables, onMissing), ...(cwd !== undefined && { cwd }) }
}

function readVariables(env: NonNullable<ProcessTarget['env']>, onMissing: (variable: string) => void): Readonly<Record<string, string>> {
  const isList = (value: typeof env): value is readonly string[] => Array.isArray(value)
  const entries = isList(env) ? env.map((name) => [name, process.env[name]] as const) : Object.entries(env)
  const isValid = typeof env === 'object' && env !== null && entries.every(([name, value]) => isVariable(name) && isValue(value))
  if (!isValid) throw invalidOptions(`mcp({ env }) must be a list of names, such as ['PATH', 'HOME', 'API_KEY'], or an object of texts.`)
  for (const [name, value] of entries) if (value === undefined && !defaultVariables.includes(name)) onMissing(name)
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

function isVariable(name: unknown): boolean {
  return typeof name === 'string' && /^[^=\0]+$/.test(name)
}

function isValue(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && !value.includes('\0'))
}

function checkHttp({ url, headers = {} }: HttpTarget): CheckedTarget {
  const parsed = URL.canParse(String(url)) ? new URL(String(url)) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) throw invalidOptions('mcp({ url }) must be an http or https URL.')
  if (parsed.username !== '' || parsed.password !== '') throw invalidOptions('mcp({ url }) must not hold a user or a password. Use `headers`.')
  try {
    new Headers(headers)
  } catch {
    // The message of the platform repeats the value, which may be a key.
    throw invalidOptions('mcp({ headers }) must be an object of texts that HTTP allows as names and values of headers.')
  }
  return { kind: 'http', url: parsed, headers: { ...headers } }
}
