export { type RankedTool, ToolRanking } from './tool-ranking.ts'
