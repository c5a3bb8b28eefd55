/**
 * How markup of tool calls begins, and its single remaining tokens, in the form that `plainMarkers` returns.
 */
const openers: readonly string[] = ['<|tool_call', '<|tool_sep|>', '<|dsml|', '<||dsml||', '</|dsml|', '</||dsml||']

/** Replaces the bars and underscores of DeepSeek's tokens by ASCII, as some engines do. Each character is replaced by one, so positions stay the same. */
export function plainMarkers(text: string): string {
  return text.replaceAll('｜', '|').replaceAll('▁', '_')
}

/** The tags of the text form of tools. Unlike tokens, they are words that a text may contain, so they count only at the beginning of a line. */
const textTags: readonly string[] = ['<tool_call', '<tool_result']

/**
 * Whether a text begins with markup.
 *
 * @param hasTextForm - True where the tags of the text form are markup, too.
 * @returns `maybe` when the text is too short to tell.
 */
export function beginsMarkup(text: string, hasTextForm: boolean): 'yes' | 'no' | 'maybe' {
  const plain = plainMarkers(text.slice(0, 20)).toLowerCase()
  if (openers.some((opener) => plain.startsWith(opener))) return 'yes'
  if (hasTextForm && textTags.some((tag) => plain.startsWith(tag) && /[\s>]/.test(plain.charAt(tag.length)))) return 'yes'
  const known = hasTextForm ? [...openers, ...textTags.map((tag) => `${tag}>`)] : openers
  return plain.length < 13 && known.some((opener) => opener.startsWith(plain)) ? 'maybe' : 'no'
}

/** True for the beginning of a tag of the text form. */
export function isTextTag(text: string): boolean {
  return /^<t/i.test(text)
}

/** True for the beginning of a result, which only the loop may write. */
export function beginsResult(text: string): boolean {
  return /^\s*<tool_result[\s>]/i.test(text)
}

/** Single markers, which are removed where no call can be read. */
export const markers: RegExp = /<[|｜]tool[_▁][a-z_▁]{1,40}[|｜]>|<\/?[|｜]{1,2}DSML[|｜]{1,2}[^>\n]{0,200}>/gi
