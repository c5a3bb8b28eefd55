/**
 * How the markup of tool calls begins, and what is left of it: after the bars and underscores of DeepSeek's tokens are written in
 * ASCII, as some engines do. Character by character, so that places stay the same.
 */
const openers: readonly string[] = ['<|tool_call', '<|tool_sep|>', '<|dsml|', '<||dsml||', '</|dsml|', '</||dsml||']

/** A text in the form that markers are looked for in. */
export function plainMarkers(text: string): string {
  return text.replaceAll('｜', '|').replaceAll('▁', '_')
}

/**
 * Whether markup begins where a text does.
 *
 * @returns `maybe` when the text ends before that is clear.
 */
export function beginsMarkup(text: string): 'yes' | 'no' | 'maybe' {
  const plain = plainMarkers(text.slice(0, 20)).toLowerCase()
  if (openers.some((opener) => plain.startsWith(opener))) return 'yes'
  return plain.length < 12 && openers.some((opener) => opener.startsWith(plain)) ? 'maybe' : 'no'
}

/** Single markers: what is taken out where no call can be read. */
export const markers: RegExp = /<[|｜]tool[_▁][a-z_▁]{1,40}[|｜]>|<\/?[|｜]{1,2}DSML[|｜]{1,2}[^>\n]{0,200}>/gi
