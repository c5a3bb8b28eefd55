import type { Tool } from '../contract/tool.ts'
import { type Answer, call } from './scripted-model.ts'
import { recordingTool, testTool } from './test-tool.ts'

/** Tools that are too many for a list, and others. */
export function manyTools(...others: readonly Tool<never>[]): Tool[] {
  return [...Array.from({ length: 100 }, (_, index) => testTool(`tool_${index}`)), ...(others as readonly Tool[])]
}

/** A tool that a search for the weather finds. */
export function weatherTool(options: Partial<Tool> = {}): ReturnType<typeof recordingTool> {
  const inputSchema = { type: 'object', properties: { city: { type: 'string', description: 'Name of a city.' } } }
  return recordingTool('get_weather', { description: 'The weather of a city.', inputSchema, ...options })
}

/** A search that finds the tool for the weather. */
export const searchWeather: Answer = { calls: [call('search_tools', { query: 'weather in a city' })] }

/** A call of a tool that was found. */
export function callFound(name: string, input: unknown = {}, id?: string): ReturnType<typeof call> {
  return call('call_tool', { name, input }, id)
}
