export { type AgentReply, type DbosAgent, type DbosAgentOptions, dbosAgent, type ResultOptions, type RunInput, type StartOptions } from './dbos-agent.ts'
