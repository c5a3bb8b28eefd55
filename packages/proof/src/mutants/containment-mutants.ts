import { type Mutant, mutantsOf } from './mutant.ts'

const core = 'packages/core/src'
const test = 'packages/proof/src/attacks/attacks.test.ts'

/** Faults in what sticks: the labels of content. */
const labelMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${core}/loop/state/taint.ts`, test }, [
    {
      name: 'a step washes off what was read before it',
      search: 'take(results: readonly ToolResultPart[]): void {',
      replace: 'take(results: readonly ToolResultPart[]): void {\n    this.#labels = none as never',
      killer: 'a page | many steps later | pay',
    },
    {
      name: 'results leave no taint',
      search: 'if (labels.length > 0) this.#add({ id: id ?? toolCallId, toolName, labels })',
      replace: '',
      killer: 'a page | verbatim | send mail',
    },
    {
      name: 'an agent behind a tool does not know what the run had read',
      search: ' || this.#parent?.has(label) === true',
      replace: '',
      killer: 'a page | a child is told to | send mail',
    },
    {
      name: 'labels of messages of the input are ignored',
      search: 'else if (labelsOf(message).length > 0) this.#add({',
      replace: 'else if (labelsOf(message).length > 9) this.#add({',
      killer: 'a marked message | verbatim | write',
    },
    {
      name: 'results without labels are trusted',
      search: 'part.labels === undefined && !neverRan.has(part.status)',
      replace: 'part.labels !== undefined && !neverRan.has(part.status)',
      killer: 'a secret mail | messages without labels | pay',
    },
  ]),
  ...mutantsOf({ file: `${core}/loop/run-tool.ts`, test }, [
    {
      name: 'the results of tools have no labels',
      search: 'return withLabels(checked, declared?.returns ?? [])',
      replace: "return withLabels(checked, output.status === 'ok' ? (declared?.returns ?? []) : [])",
      killer: 'an error message | verbatim | send mail',
    },
  ]),
  ...mutantsOf({ file: `${core}/loop/resolve-calls.ts`, test }, [
    {
      name: 'call_tool washes off what a tool declares',
      search: '...(facts.flow !== undefined && { declared: facts.flow })',
      replace: '',
      killer: 'a page | through call_tool | send mail',
    },
  ]),
  ...mutantsOf({ file: `${core}/loop/children/child-flow.ts`, test }, [
    {
      name: 'what an agent behind a tool answers is trusted',
      search: 'output === undefined || hasFreeText(spec.schema, output)',
      replace: 'output === undefined',
      killer: 'a page | a free field of a child | write',
    },
    {
      name: 'an agent below one that declares nothing has no guard',
      search: 'if (flow === undefined) return undefined',
      replace: 'if (flow === undefined || Object.keys(flow.tools).length === 0) return undefined',
      killer: 'an error message | below an agent that declares nothing | send mail',
    },
  ]),
  ...mutantsOf({ file: `${core}/loop/children/free-text.ts`, test }, [
    {
      name: 'fields that a schema does not name are no text',
      search: 'return [...textsIn(value)].some((text) => !words.has(text))',
      replace: 'return [...textsIn(value)].length < 0',
      killer: 'a page | further fields of a child | run code',
    },
  ]),
]

/** Faults in what is asked about. */
const guardMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${core}/loop/guard/is-guarded.ts`, test }, [
    {
      name: 'secrets may leave',
      search: " || (taint.has('secret') && declared.reaches.includes('external'))",
      replace: '',
      killer: 'a secret | verbatim | send mail',
    },
  ]),
  ...mutantsOf({ file: `${core}/loop/guard/judge-call.ts`, test }, [
    {
      name: 'a call without targets is grounded',
      search: 'targets.length > 0 && targets.every((target) => from.includes(target.from))',
      replace: 'targets.every((target) => from.includes(target.from))',
      killer: 'a fetched page | verbatim | run code',
    },
    {
      name: 'what a person granted holds for every target',
      search: 'isGranted: (name) => run.grants.has(tool.name, name)',
      replace: 'isGranted: (name) => name !== tool.name',
      killer: 'an error message | approved for a target, then another target | write',
    },
  ]),
  ...mutantsOf({ file: `${core}/loop/guard/named-target.ts`, test }, [
    {
      name: 'a part of a word names a target',
      search: "if (target.trim() === '') return false",
      replace: "if (target.trim() !== '') return text.includes(target)",
      killer: 'a page | targets in longer words of the user | send mail',
    },
  ]),
  ...mutantsOf({ file: `${core}/loop/guard/read-texts.ts`, test }, [
    {
      name: 'what a model asks an agent names targets',
      search: 'if (run.child !== undefined) return userTexts(run.child.parent)',
      replace: '',
      killer: 'a page | a child is told to | send mail',
    },
    {
      name: 'messages of the loop name targets',
      search: 'message.origin === undefined && ',
      replace: '',
      killer: 'a page | targets in a refused output | write',
    },
  ]),
]

/** Faults in containment: each lets an attack through. */
export const containmentMutants: readonly Mutant[] = [...labelMutants, ...guardMutants]
