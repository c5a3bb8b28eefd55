const STOP_WORDS: ReadonlySet<string> = new Set(
  'a an the of is are was be what which who how do does did can could would should will i you me my we our us it its that this these those there to in on at for from by with and or not no if then than as about into over please tell give show get got set fetch use using used return returns given current currently one all any some much many let need want find out make have has'.split(
    ' ',
  ),
)

/** The telling words of a text, or of a name in camelCase or snake_case: in lower case, without endings, without the commonest words. */
export function tellingWords(text: string): ReadonlySet<string> {
  const words = text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .match(/\p{L}+/gu)
  return new Set((words ?? []).filter((word) => word.length > 1 && !STOP_WORDS.has(word)).map(stem))
}

/** How many words two sets share. */
export function countShared(left: ReadonlySet<string>, right: ReadonlySet<string>): number {
  return [...left].filter((word) => right.has(word)).length
}

function stem(word: string): string {
  return word.length <= 4 ? word.replace(/s$/, '') : word.replace(/(?:ings?|ed|es|s|er|ers)$/, '').replace(/e$/, '')
}

/** The text without a question's opening words and its final punctuation. */
export function topicOf(text: string): string {
  const topic = text
    .trim()
    .replace(/^(?:please |can you |could you |then |and )+/i, '')
    .replace(
      /^(?:search|look|find|tell|ask|explain|what|who|which|how|where|when)(?: me| up| for| out| the web| online)*(?: (?:is|are|was|were|does|do|about|for))? (?:the |a |an )?/i,
      '',
    )
    .replace(/[?.!]+$/, '')
    .trim()
  return topic === '' ? text.trim() : topic
}

/** The text in quotation marks, without its final punctuation. */
export function quote(text: string): string {
  return `“${text.replace(/[.?!,\s]+$/, '')}”`
}

/** The text with a capital first letter. */
export function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

/** The text with a full stop, where it does not end a sentence. */
export function endSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}
