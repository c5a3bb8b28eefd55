import { AgentError, type ToolDefinition } from '@capstan/core'
import { invalidOptions, maxTools } from '@capstan/core/internal'
import type { ModelProfile } from '../profiles/profile.ts'
import { refusedBy } from '../refusals.ts'
import { lowerSchema } from '../schemas/lower-schema.ts'
import type { EncodeMode } from './encode-mode.ts'
import { jsonString } from './json-text.ts'
import { namePattern } from './tool-names.ts'

/** What decides how tools are serialised. */
export interface ToolRules {
  readonly model: string
  readonly profile: ModelProfile
  readonly allowTools: boolean
}

/** Serialises the tools of requests. Each set is checked, lowered and serialised once for each form and kept as long as it lives. */
export type ToolsEncoder = (tools: readonly ToolDefinition[], mode: EncodeMode) => string

/** Makes the encoder of the tools of one model. */
export function createToolsEncoder(rules: ToolRules): ToolsEncoder {
  const kept = new Map<string, WeakMap<readonly ToolDefinition[], string>>()
  return (tools, mode) => {
    const key = `${mode.schemas} ${mode.joinsTop} ${mode.strict}`
    let texts = kept.get(key)
    if (texts === undefined) {
      texts = new WeakMap()
      kept.set(key, texts)
    }
    let text = texts.get(tools)
    if (text === undefined) {
      checkTools(tools, rules)
      text = `[${tools.map((tool) => encodeTool(tool, mode)).join(',')}]`
      texts.set(tools, text)
    }
    return text
  }
}

function encodeTool({ name, description, inputSchema }: ToolDefinition, { schemas, joinsTop, strict }: EncodeMode): string {
  const parameters = JSON.stringify(lowerSchema(inputSchema, { flavour: schemas, joinsTop, name: `Tool "${name}"` }))
  const mark = strict ? ',"strict":true' : ''
  return `{"type":"function","function":{"name":${jsonString(name)},"description":${jsonString(description)},"parameters":${parameters}${mark}}}`
}

function checkTools(tools: readonly ToolDefinition[], { profile, model, allowTools }: ToolRules): void {
  const { max = maxTools, names } = profile.tools
  if (!profile.tools.allowed && !allowTools) {
    throw refusedBy(model, '`tools`', {
      because: profile.tools.because,
      instead: "describe them in the instructions with `toolProtocol: 'text'`, use another model, or set `allowTools: true` to send them all the same",
    })
  }
  if (tools.length > max) throw invalidOptions(`\`tools\` of ${model} contains ${tools.length} tools; at most ${max} may be sent. Offer fewer.`)
  if (names === undefined) return
  const pattern = namePattern(names)
  for (const { name } of tools) {
    if (!pattern.test(name)) {
      const message = `Tool ${JSON.stringify(name.slice(0, 100))}: at /name, ${model} takes ${names.words}. Rename the tool.`
      throw new AgentError(message, { code: 'invalid-tool' })
    }
  }
}
