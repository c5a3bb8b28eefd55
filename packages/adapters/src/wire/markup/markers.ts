/**
 * How markup of tool calls begins, and its single remaining tokens, in the form that `plainMarkers` returns.
 */
const openers: readonly string[] = ['<|tool_call', '<|tool_sep|>', '<|dsml|', '<||dsml||', '</|dsml|', '</||dsml||']

/** Replaces the bars and underscores of DeepSeek's tokens by ASCII, as some engines do. Each character is replaced by one, so positions stay the same. */
export function plainMarkers(text: string): string {
  return text.replaceAll('｜', '|').replaceAll('▁', '_')
}

/**
 * Whether a text begins with markup.
 *
 * @returns `maybe` when the text is too short to tell.
 */
export function beginsMarkup(text: string): 'yes' | 'no' | 'maybe' {
  const plain = plainMarkers(text.slice(0, 20)).toLowerCase()
  if (openers.some((opener) => plain.startsWith(opener))) return 'yes'
  return plain.length < 12 && openers.some((opener) => opener.startsWith(plain)) ? 'maybe' : 'no'
}

/** Single markers, which are removed where no call can be read. */
export const markers: RegExp = /<[|｜]tool[_▁][a-z_▁]{1,40}[|｜]>|<\/?[|｜]{1,2}DSML[|｜]{1,2}[^>\n]{0,200}>/gi
