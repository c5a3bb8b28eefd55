export { createEndpointHandler, serve } from '@restatedev/restate-sdk'
export { type AgentHandlers, type AgentReply, type AgentRequest, type AgentWorkflowOptions, agentWorkflow } from './agent-workflow.ts'
export { toRestateError } from './failure.ts'
export { restateEngine } from './restate-engine.ts'
