import type { Json, JsonObject } from 'capstan'
import { diffLines } from './diff-lines.ts'
import { formerText } from './former-text.ts'
import type { MarkedLine } from './wrap-line.ts'

/** All that a question says about a call: a change of a text as removed and added lines, everything else as one line for each field. */
export async function showCall(about: Json, root: string): Promise<readonly MarkedLine[]> {
  const { type: _type, toolCallId: _id, tool: _tool, toolName, input, value = input, origins = [], ...others } = objectOf(about)
  const { old_text: oldText, new_text: newText, content, ...fields } = objectOf(value)
  const former = await formerText(root, fields['path'])
  return [
    { mark: '', text: `${String(toolName)}:` },
    ...Object.entries({ ...fields, ...others }).flatMap(([name, field]) => fieldLines(name, field)),
    ...(origins as readonly JsonObject[]).map(({ at, from }) => ({ mark: '  ', text: `${at} comes from: ${from}` })),
    ...(typeof content === 'string' ? diffLines(former, content) : []),
    ...(typeof oldText === 'string' && typeof newText === 'string' ? editLines(former, { oldText, newText }) : []),
  ]
}

/** The complete lines that an edit changes, or its two texts if it does not fit the file. */
function editLines(former: string, { oldText, newText }: { readonly oldText: string; readonly newText: string }): readonly MarkedLine[] {
  const [before, after, ...others] = former.split(oldText)
  const isOnce = before !== undefined && after !== undefined && others.length === 0
  return isOnce ? diffLines(former, `${before}${newText}${after}`) : diffLines(oldText, newText)
}

// A list has no fields with names.
function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

function fieldLines(name: string, field: Json | undefined): readonly MarkedLine[] {
  const isOne = typeof field !== 'object' || field === null || Object.keys(field).length === 0
  if (isOne) return [{ mark: '  ', text: `${name}: ${JSON.stringify(field)}` }]
  return Object.entries(field).flatMap(([key, item]) => fieldLines(Array.isArray(field) ? `${name}[${key}]` : `${name}.${key}`, item))
}
