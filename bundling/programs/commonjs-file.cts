import { Agent, type RunResult, tool } from 'capstan'
import { startSimulator } from 'capstan/testing'

export const run = (agent: Agent): Promise<RunResult> => agent.generate('Go.')
export const names = [typeof startSimulator, typeof tool, typeof Agent]
