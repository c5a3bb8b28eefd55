export type { ResourceContent } from './content.ts'
export { mcp } from './mcp.ts'
export type {
  Elicitation,
  ElicitationAnswer,
  HttpTarget,
  McpCall,
  McpOptions,
  McpWarning,
  Media,
  ProcessTarget,
  ToolHints,
} from './options.ts'
export type { McpServer } from './server.ts'
export type { SkippedTool } from './tools/make-tools.ts'
