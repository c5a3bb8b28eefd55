import type { Json } from './json.ts'

/**
 * What a value must not do without a policy or a person. `untrusted`: others wrote it, so it must not decide what is sent, paid or changed.
 * `secret`: it must not leave.
 */
export type Label = 'untrusted' | 'secret'

/** A destination of a call that the owner of the tool has allowed for every call, such as a host of an allow-list. */
export interface AllowedTarget {
  readonly target: string
  readonly allowed: true
}

/** A destination of a call, written so that it is unique by itself: a complete address, host, path or account number. */
export type Target = string | AllowedTarget

/** A call that reaches something, in a run that has read untrusted content or a secret. */
export interface Flow {
  readonly tool: string
  /** What the tool declared as `reaches`. */
  readonly reaches: readonly string[]
  /** What the tool gets, in JSON form. */
  readonly input: Json
  /** What `targets` of the tool returned. Empty where the tool has no `targets`. */
  readonly targets: readonly string[]
  /** Ids of the untrusted results that the run has read, the oldest first; `messages/0` for the first message of the input. */
  readonly untrusted: readonly string[]
  /** As `untrusted`, of secrets. */
  readonly secret: readonly string[]
  /** True when there are targets, and each is allowed by the owner of the tool, or is in the caller's own text word for word. */
  readonly grounded: boolean
}

/** `allow`: the call runs. `ask`: a person must approve it. `deny`: it does not run, and the model is told. */
export type GuardDecision = 'allow' | 'ask' | 'deny'

/** Decides about a flow. */
export type GuardFunction = (flow: Flow) => GuardDecision | Promise<GuardDecision>

/**
 * What happens to a call that reaches something after the run has read untrusted content or a secret. `ask`: a person must approve it, unless
 * it is `grounded`. `deny`: it does not run, unless it is `grounded`. `off`: it runs. A function decides about each of these calls.
 */
export type Guard = 'ask' | 'deny' | 'off' | GuardFunction

/** Something labelled that a run had read when a person was asked. */
// biome-ignore lint/style/useConsistentTypeDefinitions: an interface with an optional field is not assignable to JSON.
export type FlowSource = {
  /** The id of a result, or `messages/0` for a message of the input. */
  readonly id: string
  /** The tool that returned it; absent for a message. */
  readonly toolName?: string
  readonly labels: readonly Label[]
}

/**
 * A destination of a call, and who named it. `user`: it is in the caller's own text. `owner`: the owner of the tool allows it for every call.
 * `approved`: a person approved it for this run. `unknown`: none of them.
 */
// biome-ignore lint/style/useConsistentTypeDefinitions: it is part of a question, which is JSON.
export type FlowTarget = {
  readonly target: string
  readonly from: 'user' | 'owner' | 'approved' | 'unknown'
}

/** Why the guard asks, as `flow` in `about` of a question. */
// biome-ignore lint/style/useConsistentTypeDefinitions: an interface with an optional field is not assignable to JSON.
export type AskedFlow = {
  readonly reaches: readonly string[]
  readonly targets: readonly FlowTarget[]
  /** What the run had read that is untrusted, or secret where the call reaches `external`: the first 50. */
  readonly sources: readonly FlowSource[]
  /** How many further sources there are. */
  readonly more?: number
}

/**
 * Where a field of what a tool gets was found, word for word, as `origins` in `about` of a question. `secret`: in a secret result. `user`: in the
 * caller's own text. `untrusted`: in an untrusted result. `tool`: in a result without labels. `model`: nowhere, so the model wrote it, after it had
 * read what is untrusted. `unknown`: there was too much to look through.
 */
// biome-ignore lint/style/useConsistentTypeDefinitions: an interface with an optional field is not assignable to JSON.
export type FieldOrigin = {
  /** JSON pointer to the field. */
  readonly at: string
  readonly from: 'secret' | 'user' | 'untrusted' | 'tool' | 'model' | 'unknown'
  /** Ids of the results in which it was found, at most 5. */
  readonly sources?: readonly string[]
}
