import { type Mutant, mutantsOf } from './mutant.ts'

const cli = 'packages/capstan/src/cli'
const revealTest = `${cli}/terminal/reveal.test.ts`
const chatTest = `${cli}/chat-terminal.test.ts`

/** Faults in what the command shows of text from outside. */
const shownMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${cli}/terminal/characters.ts`, test: revealTest }, [
    { name: 'control characters reach the terminal', search: '/[\\p{Cc}\\p{Zl}\\p{Zp}]/u', replace: '/[\\p{Zl}\\p{Zp}]/u', killer: 'prose shows' },
    { name: 'blank characters look like nothing', search: '[\\p{Zs}\\u2800\\u115f', replace: '[\\p{Zs}\\u115f', killer: 'prose shows' },
    {
      name: 'text may change its direction',
      search: '/\\p{Bidi_Control}/u',
      replace: '/\\p{Zl}/u',
      killer: 'misleading characters are listed below their field',
      test: `${cli}/terminal/fields.test.ts`,
    },
    {
      name: 'digits of other scripts are digits',
      search: "isForeignDigit: character > '~' &&",
      replace: "isForeignDigit: character < '~' &&",
      killer: 'as escape sequences of JSON',
    },
  ]),
  ...mutantsOf({ file: `${cli}/terminal/reveal.ts`, test: revealTest }, [
    {
      name: 'look-alikes are not shown',
      search: 'reasonOf(codePoint, { text, offset, reading }) ?? lookAlikes[offset]',
      replace: 'reasonOf(codePoint, { text, offset, reading })',
      killer: 'as escape sequences of JSON',
    },
  ]),
  ...mutantsOf({ file: `${cli}/terminal/shown-text.ts`, test: revealTest }, [
    {
      name: 'a value may begin a line of its own',
      search: "return ShownText.prose(text).change((shown) => shown.replace(/[\\n\\t]/g, (character) => (character === '\\n' ? '\\\\n' : '\\\\t')))",
      replace: 'return ShownText.prose(text)',
      killer: 'a line stays one line',
    },
    {
      name: 'JSON for programs acts on a terminal',
      search: '.hidden === undefined ? character : escapeJson(character)',
      replace: '.hidden !== null ? character : escapeJson(character)',
      killer: 'JSON for programs loses nothing and has no character that controls a terminal',
    },
    {
      name: 'ids are not quoted for the shell',
      search: 'if (/^[\\w@%+=:,./-]+$/.test(word)) return',
      replace: 'if (word !== undefined) return',
      killer: 'an id is quoted for the shell',
    },
    {
      name: 'text for a pipe is cleaned',
      search: 'return isTTY ? ShownText.prose(text) : new ShownText(text)',
      replace: 'return isTTY ? new ShownText(text) : ShownText.prose(text)',
      killer: 'text for a pipe is not changed',
    },
    {
      name: 'keys are shown as they are',
      search: '`${writeText(key)}:${writeStrict(',
      replace: '`${JSON.stringify(key)}:${writeStrict(',
      killer: 'objects, numbers and keys are shown as JSON, too',
    },
  ]),
  ...mutantsOf({ file: `${cli}/terminal/fields.ts`, test: `${cli}/terminal/fields.test.ts` }, [
    {
      name: 'a name may look like another field',
      search: 'return isPlain ? say`${parent}.${key}` : say`${parent}[${ShownText.strict(key)}]`',
      replace: 'return say`${parent}.${key}`',
      killer: 'a name cannot look like another field',
    },
    { name: 'fields have no length', search: "typeof value === 'string' ? [say`", replace: "value === '' ? [say`", killer: 'each field has a line' },
    {
      name: 'a value that was cut looks complete',
      search: 'isCut ||= block.lines.length > kept + 1',
      replace: '',
      killer: 'if there is too little room, long values are cut before fields',
    },
    {
      name: 'the rest of a value may look like a field',
      search: 'lines.length === 0 ? indent : gutter',
      replace: 'indent',
      killer: 'a long value continues behind a bar',
    },
  ]),
  ...mutantsOf({ file: `${cli}/show-question.ts`, test: `${cli}/show-question.test.ts` }, [
    {
      name: 'of an edited call only the new input is shown',
      search: 'withNotes(inputFields(input)) : inputFields(input)',
      replace: 'withNotes(inputFields(edited ?? input)) : inputFields(edited ?? input)',
      killer: 'an edited input is shown below the input of the model',
    },
    {
      name: 'what the tool gets is not shown',
      search: '...(value === undefined || edited !== undefined',
      replace: '...(value !== undefined || edited !== undefined',
      killer: 'if the schema changes the input, the value that the tool gets is shown, too',
    },
  ]),
]

/** Faults in how the command takes an answer. */
const answerMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${cli}/ask-person.ts`, test: chatTest }, [
    {
      name: 'the first letter of an answer counts',
      search: 'const word = line.trim()',
      replace: "const word = Object.keys(actions).find((name) => name[0] === line[0]) ?? ''",
      killer: 'only the exact words are accepted; for any other text the question is asked again',
    },
    {
      name: 'a word in a pasted text runs the call',
      search: 'if (await this.#dialogue.isAlone()) return given',
      replace: 'if (this.#dialogue !== undefined) return given',
      killer: 'a word that was pasted with other lines does not run the call',
    },
    {
      name: 'a call that was cut can be approved',
      search: 'this.#isComplete = !shown.isCut',
      replace: 'this.#isComplete = true',
      killer: 'a call that does not fit on the screen cannot be approved before all of it was shown',
    },
  ]),
  ...mutantsOf({ file: `${cli}/ask-in-terminal.ts`, test: chatTest }, [
    {
      name: 'lines that came before a question answer it',
      search: 'if (await reader.discard()) view',
      replace: 'if (reader === undefined) view',
      killer: 'lines that were pasted before the question are discarded',
    },
    {
      name: 'a pipe answers questions',
      search: 'return stdin.isTTY === true && stderr.isTTY === true',
      replace: 'return stdin.isTTY !== stderr',
      killer: 'lines of a pipe never answer a question: the chat pauses with exit code 4',
    },
  ]),
  ...mutantsOf({ file: `${cli}/exit-codes.ts`, test: chatTest }, [
    {
      name: 'a run that waits for a person is a success',
      search: 'paused: 4,',
      replace: 'paused: 0,',
      killer: 'lines of a pipe never answer a question: the chat pauses with exit code 4',
    },
  ]),
]

/** Faults in the command. */
export const commandMutants: readonly Mutant[] = [...shownMutants, ...answerMutants]
