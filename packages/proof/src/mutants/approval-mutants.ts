import { type Mutant, mutantsOf } from './mutant.ts'

const agent = 'packages/core/src/agent'
const durability = 'packages/core/src/durability'
const loop = 'packages/core/src/loop'
const verdictTest = `${loop}/verdicts.test.ts`
const trustTest = `${agent}/state-trust.test.ts`
const questionTest = `${durability}/question-ids.test.ts`
const expiryTest = 'packages/durable/src/expiry.test.ts'

/** Faults in the verdict about a call, and in its value. */
const verdictMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${loop}/approvals.ts`, test: verdictTest }, [
    {
      name: 'a call whose input was invalid at its gate may run',
      search: "if (!check.ok) return { verdict: 'invalid', message: check.message }",
      replace: "if (!check.ok) return { verdict: 'free', value: call.input, isExact: true }",
      killer: 'input that is invalid when its gate is asked stays invalid',
    },
    {
      name: 'an edited input is not checked',
      search: 'const checked = run.operations.version === 1 ?',
      replace: 'const checked = run.operations.version <= 2 ?',
      killer: 'an input that a person edited gets a verdict of its own',
    },
    {
      name: 'the gate gets the value of the tool itself',
      search: '(isExact ? await copyJsonInTurns(live as Json) : live)',
      replace: '(isExact ? (live as Json) : live)',
      killer: 'what the gate does to it does not reach the tool',
    },
    {
      name: 'a gate that throws lets its call pass',
      search: "} catch {\n    return { verdict: 'ask' }",
      replace: "} catch {\n    return { verdict: 'free' }",
      killer: 'needsApproval decides by input, and code that throws needs approval',
      test: `${agent}/pause.test.ts`,
    },
    {
      name: 'a gate that is late lets its call pass',
      search: "gate === 'late' ? { verdict: 'ask' }",
      replace: "gate === 'late' ? { verdict: 'free' }",
      killer: 'a person is asked where needsApproval does not settle in time',
      test: `${loop}/time-limit.test.ts`,
    },
    {
      name: 'a value that the schema made is not shown',
      search: 'checked === undefined || equalJson(checked.value, call.input) ? {}',
      replace: 'checked === undefined || !equalJson(checked.value, call.input) ? {}',
      killer: 'a value that is plain JSON comes from the record in another process',
    },
    {
      name: 'a gate is not asked again where others may have opened it',
      search: "if (checked?.verdict !== 'free' || !checked.replayed) return false",
      replace: 'if (checked !== undefined) return false',
      killer: 'a record in an unsigned state that nobody needs to be asked is evaluated again before the call runs',
      test: trustTest,
    },
  ]),
  ...mutantsOf({ file: `${loop}/check-input.ts`, test: verdictTest }, [
    {
      name: 'an input is checked for its gate and again for its call',
      search: 'if (live !== undefined) return { ok: true, value: live.value, ...given }',
      replace: 'if (live !== undefined) return await checkResolved(run, call)',
      killer: 'an input is checked once, for its gate and its call and all retries of the tool',
    },
    {
      name: 'a recorded value is made again',
      search: 'if (checked.isExact) return { ok: true, value: checked.value, ...given }',
      replace: '',
      killer: 'a value that is plain JSON comes from the record in another process',
    },
    {
      name: 'a value that is checked again may be another one',
      search: 'if (!again.ok || isRecordedValue((await jsonFormOf(again.value))?.value, checked)) return again',
      replace: 'if (again !== undefined) return again',
      killer: 'a value that JSON does not hold is checked again in another process, and must be the same',
    },
    {
      name: 'a value that cannot be shown is approved unseen',
      search: 'if (form === undefined) return {',
      replace: 'if (form === undefined) return { ok: true, live, recorded: { value: null, isExact: false } }\n  if (form === undefined) return {',
      killer: 'a value without a JSON form cannot be shown, so its call is invalid',
    },
  ]),
  ...mutantsOf({ file: `${loop}/first-release.ts`, test: `${loop}/first-release.test.ts` }, [
    {
      name: 'a gate of release 0.1.0 that let an invalid input pass is believed',
      search: 'mustHaveStarted: isAlwaysGated(call)',
      replace: 'mustHaveStarted: false',
      killer: 'a gated call of release 0.1.0 that nobody approved does not run',
    },
  ]),
]

/** Faults in the ids of questions, and in what an answer binds to. */
const bindingMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${durability}/question-ids.ts`, test: questionTest }, [
    {
      name: 'the id of a question does not hold what is shown',
      search: 'JSON.stringify([random, position, hashAbout(about)])',
      replace: 'JSON.stringify([random, position])',
      killer: 'the id of a question names its run, its position and what is shown',
    },
    {
      name: 'the ids of questions repeat over runs',
      search: 'JSON.stringify([random, position, hashAbout(about)])',
      replace: 'JSON.stringify([position, hashAbout(about)])',
      killer: 'an answer to the same question of another run is refused',
    },
    {
      name: 'a decision is bound to the order of keys',
      search: "hashText(canonicalJson(about), 'hex')",
      replace: "hashText(JSON.stringify(about), 'hex')",
      killer: 'an approval survives a store that reorders the keys of objects',
      test: `${durability}/resume.test.ts`,
    },
  ]),
  ...mutantsOf({ file: `${durability}/hosts/record-host.ts` }, [
    {
      name: 'a decision about another input is followed',
      search: 'if (decision.about === hashAbout(about)) return decision',
      replace: 'if (decision.about !== hashAbout(null)) return decision',
      killer: 'a decision about another input is not followed',
      test: 'packages/durable/src/file/file-journal.test.ts',
    },
    {
      name: 'half of the answers of a step is kept in memory',
      search: 'this.#version === 1 || !isHalf',
      replace: 'this.#version <= 2 || !isHalf',
      killer: 'a run in memory keeps no half of the answers of a step',
      test: `${durability}/resume.test.ts`,
    },
  ]),
  ...mutantsOf({ file: `${durability}/replay.ts` }, [
    {
      name: 'an answer fits a question that changed',
      search: '&& !equalJson(asked.about, about)) throw',
      replace: '&& asked.about === undefined) throw',
      killer: 'an answer does not fit a question that changed since it was asked',
      test: `${durability}/hosts/record-host.test.ts`,
    },
  ]),
  ...mutantsOf({ file: `${durability}/definition.ts` }, [
    {
      name: 'an answer fits another version of a tool',
      search: '...(version !== undefined && { version }), schema:',
      replace: 'schema:',
      killer: 'an answer does not fit when the version of the tool is another one now',
      test: `${agent}/ask.test.ts`,
    },
    {
      name: 'an answer fits another schema',
      search: 'schema: hashAbout(schemaMeaning(inputSchema)).slice(0, 16)',
      replace: "schema: ''",
      killer: 'an approval does not count when',
      test: `${durability}/schema-meaning.test.ts`,
    },
  ]),
  ...mutantsOf({ file: `${durability}/schema-meaning.ts`, test: `${durability}/schema-meaning.test.ts` }, [
    {
      name: 'the wording of a schema binds an answer',
      search: 'filter(([keyword]) => !wording.has(keyword))',
      replace: 'filter(([keyword]) => !wording.has(`${keyword}s`))',
      killer: 'an approval counts when only',
    },
    {
      name: 'a property named description binds nothing',
      search: 'if (schemaMaps.has(keyword) && isJsonObject(value)) return mapValues(value)',
      replace: '',
      killer: 'an approval does not count when',
    },
  ]),
  ...mutantsOf({ file: `${durability}/decisions.ts` }, [
    {
      name: 'the last answer to a question counts',
      search: 'if (before !== undefined) return equalJson(before, answer) ?',
      replace: 'if (before !== undefined) return answer !== null ?',
      killer: 'the first answer to a question stays: another one is refused',
      test: `${agent}/read-state.test.ts`,
    },
    {
      name: 'an answer that comes too late is taken',
      search: 'if (!isInTime(question, at)) refuseAnswer(',
      replace: 'if (Number.isNaN(at)) refuseAnswer(',
      killer: 'a question in memory expires as well',
      test: expiryTest,
    },
  ]),
]

/** Faults in the expiry of questions. */
const expiryMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${durability}/hosts/record-host.ts`, test: expiryTest }, [
    {
      name: 'a decision that was made too late is followed',
      search: 'value: isInTime(question, at) ? answer : expiredAnswer, at }',
      replace: 'value: answer, at }',
      killer: 'does not follow a decision that was made too late, even if it is the first one',
    },
    {
      name: 'expiry is not a decision in the store',
      search: 'return (await this.#journal?.decide(expired)) ?? expired',
      replace: 'return expired',
      killer: 'obeys whichever decision was first when it expires',
    },
    {
      name: 'expiry is decided whatever the store keeps',
      search: 'return (await this.#journal?.decide(expired)) ?? expired',
      replace: 'await this.#journal?.decide(expired)\n    return expired',
      killer: 'obeys whichever decision was first when it expires',
    },
    {
      name: 'it is not recorded when a question was asked',
      search: '...(question.expiresInMs !== undefined && { askedAt: Date.now() })',
      replace: '',
      killer: 'is denied when nobody answered in time, and stays so',
    },
  ]),
  ...mutantsOf({ file: `${durability}/hosts/engine-host.ts`, test: `${durability}/hosts/engine-host.test.ts` }, [
    {
      name: 'an engine follows a decision that was made too late',
      search: 'value: isInTime(question, at) ? answer : expiredAnswer,',
      replace: 'value: answer,',
      killer: 'a decision that an engine got too late is not followed',
    },
    {
      name: 'each execution on an engine asks at another time',
      search: 'return index < 0 ? question : { ...question, askedAt: Number(times[index]) }',
      replace: 'return index < 0 ? question : { ...question, askedAt: Date.now() }',
      killer: 'a question on an engine expires counted from when it was first asked',
    },
  ]),
]

/** Faults in how far a state is trusted. */
const trustMutants: readonly Mutant[] = mutantsOf({ file: `${agent}/read-state.ts`, test: trustTest }, [
  {
    name: 'a changed state passes as signed',
    search: 'if (!keys.some((key) => isSameSignature(',
    replace: 'if (!keys.some((key) => signature.length === 64 || isSameSignature(',
    killer: 'a signed state is continued, and each change of it is refused',
  },
  {
    name: 'a state without a signature passes as signed',
    search: "if (typeof signature !== 'string') refuse(",
    replace: "if (typeof signature !== 'string') return\n  if (typeof signature !== 'string') refuse(",
    killer: 'a signed state is continued, and each change of it is refused',
  },
  {
    name: 'a state may be continued by another agent',
    search: 'canonicalJson([agentName, version,',
    replace: 'canonicalJson([version,',
    killer: 'a signature belongs to the name of its agent, and secrets can be changed',
  },
  {
    name: 'answers in an unsigned state are believed',
    search: 'const isTrusted = isSigned || trust.acceptAnswers',
    replace: 'const isTrusted = true',
    killer: 'an approval that was written into an unsigned state is dropped',
  },
  {
    name: 'acceptAnswers changes nothing',
    search: 'const isTrusted = isSigned || trust.acceptAnswers',
    replace: 'const isTrusted = isSigned',
    killer: 'acceptAnswers trusts the approvals of an unsigned state',
  },
  {
    name: 'gates in an unsigned state are believed',
    search: 'recheckGates: !isTrusted',
    replace: 'recheckGates: false',
    killer: 'a record in an unsigned state that nobody needs to be asked is evaluated again before the call runs',
  },
  {
    name: 'an approval that was obeyed is dropped',
    search: "(record.type === 'start' && isOnce(",
    replace: "(record.type === 'start' && !isOnce(",
    killer: 'an approval that was obeyed stays in an unsigned state',
  },
  {
    name: 'a verdict about an edited input outlives the answer that edited it',
    search: "filter((record) => !dropped.includes(record) && !(record.type === 'done' && isVerdictOf(record.id)))",
    replace: 'filter((record) => !dropped.includes(record) || isVerdictOf(record.id))',
    killer: 'a verdict about an edited input goes with the answer that edited it',
  },
  {
    name: 'a state of release 0.1.0 needs nothing',
    search: 'if (!isSigned && version === 1 && !trust.acceptAnswers) {',
    replace: 'if (isSigned && version === 1 && !trust.acceptAnswers) {',
    killer: 'a state in the form of release 0.1.0 needs acceptAnswers, and cannot be signed',
  },
])

/** Faults in approvals. */
export const approvalMutants: readonly Mutant[] = [...verdictMutants, ...bindingMutants, ...expiryMutants, ...trustMutants]
