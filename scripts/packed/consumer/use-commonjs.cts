// TypeScript lets a CommonJS file import ES modules under `module: nodenext`.
import { Agent, type RunResult } from 'capstan'
import { startSimulator } from 'capstan/testing'

export async function run(agent: Agent): Promise<RunResult> {
  return await agent.generate('Go.')
}

if (typeof Agent !== 'function' || typeof startSimulator !== 'function') throw new Error('The exports are not there.')
