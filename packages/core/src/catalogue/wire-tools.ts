import { callToolName, searchToolName } from '../contract/catalogue.ts'
import type { JsonObject } from '../contract/json.ts'
import type { ToolDefinition } from '../contract/model.ts'

/** A language is named when so many of the tools are described in it. */
const leastShare = 0.1

const languages = [
  { name: 'Japanese', pattern: /[\p{Script=Hiragana}\p{Script=Katakana}]/u },
  { name: 'Korean', pattern: /\p{Script=Hangul}/u },
  { name: 'Chinese', pattern: /\p{Script=Han}/u },
  { name: 'English', pattern: /\b(?:a|an|and|by|for|from|in|of|or|the|to|with)\b/i },
]

/** The tool that searches the others. It does not say how many there are, so that it does not change when one is added. */
export function searchTool(tools: readonly ToolDefinition[]): ToolDefinition {
  const language = languagesOf(tools).join(' and ')
  const hint = language === '' ? '' : ` The tools are described in ${language}: use words of that language.`
  return {
    name: searchToolName,
    description:
      'Finds further tools by words and returns the best matches with their input schemas. Use it before you say that something cannot be done, and ' +
      `search again with other words when nothing fits. Call what was found with ${callToolName}.${hint}`,
    inputSchema: {
      type: 'object',
      properties: { query: { type: 'string', description: 'What the tool should do, such as "send an email", or the name of a tool.' } },
      required: ['query'],
      additionalProperties: false,
    },
  }
}

const openInput: JsonObject = {
  type: 'object',
  description: 'The input of the tool. It must fit the input schema of that tool.',
  properties: {},
  additionalProperties: true,
}
const textInput: JsonObject = { type: 'string', description: 'The input of the tool: a text of JSON, an object that fits the input schema of that tool.' }

/**
 * The tool that calls one that was found.
 *
 * @param closedSchemas - True where no object of any shape can be sent: the input is then a text of JSON.
 */
export function callTool(closedSchemas: boolean): ToolDefinition {
  return {
    name: callToolName,
    description: `Calls a tool that ${searchToolName} found.`,
    inputSchema: {
      type: 'object',
      properties: { name: { type: 'string', description: 'The name of the tool.' }, input: closedSchemas ? textInput : openInput },
      required: ['name', 'input'],
      additionalProperties: false,
    },
  }
}

/** Languages of the descriptions, as far as they are recognised, the most frequent one first. */
function languagesOf(tools: readonly ToolDefinition[]): readonly string[] {
  const counts = new Map(languages.map(({ name }) => [name, 0]))
  for (const { description } of tools) {
    const language = languages.find(({ pattern }) => pattern.test(description))
    if (language !== undefined) counts.set(language.name, (counts.get(language.name) ?? 0) + 1)
  }
  return [...counts]
    .filter(([, count]) => count > 0 && count >= tools.length * leastShare)
    .sort(([, left], [, right]) => right - left)
    .map(([name]) => name)
}
