/** Stable names for programs. The table of all: `docs/errors.md`. */
export type AgentErrorCode =
  | 'invalid-options'
  | 'invalid-tool'
  | 'invalid-messages'
  | 'invalid-use'
  | 'missing-key'
  | 'auth-failed'
  | 'model-not-found'
  | 'invalid-request'
  | 'request-too-large'
  | 'context-overflow'
  | 'content-refused'
  | 'quota-exhausted'
  | 'rate-limited'
  | 'provider-overloaded'
  | 'provider-failed'
  | 'network-dns'
  | 'network-refused'
  | 'network-tls'
  | 'network-reset'
  | 'network-protocol'
  | 'network-redirect'
  | 'connect-timeout'
  | 'headers-timeout'
  | 'first-content-timeout'
  | 'stream-timeout'
  | 'stream-truncated'
  | 'stream-malformed'
  | 'stream-interrupted'
  | 'unexpected-content'
  | 'response-too-large'
  | 'empty-reply'
  | 'leaked-markup'
  | 'output-limit'
  | 'invalid-output'
  | 'content-filtered'
  | 'unfinished'
  | 'tool-fatal'
  | 'state-mismatch'
  | 'journal-failed'
  | 'engine-failed'
  | 'run-locked'
  | 'run-not-found'
  | 'session-conflict'
  | 'aborted'
  | 'internal'

/**
 * Every code that an `AgentError` can carry, with what it means and what helps. Codes may be added, never renamed.
 * `docs/errors.md` is generated from this table.
 */
export const errorCodes: Readonly<Record<AgentErrorCode, { readonly meaning: string; readonly help: string }>> = {
  'invalid-options': {
    meaning: 'An option of an agent, a model or a call is wrong or not allowed for this model.',
    help: 'Change the option that the message names.',
  },
  'invalid-tool': { meaning: 'A tool, or a set of tools, cannot be offered to a model.', help: 'Change the tool at the JSON pointer that the message names.' },
  'invalid-messages': {
    meaning: 'The messages given as input could not be sent: a provider would refuse them.',
    help: 'Repair the message at the position that the message names.',
  },
  'invalid-use': { meaning: 'An object was used in a way it does not support, such as iterating a run twice.', help: 'Follow the message.' },
  'missing-key': { meaning: 'No API key was found.', help: 'Set the environment variable that the message names, or pass `apiKey`.' },
  'auth-failed': { meaning: 'The provider refused the API key (401 or 403).', help: 'Check the key, its account and the endpoint it belongs to.' },
  'model-not-found': { meaning: 'The endpoint does not know the model or the path (404).', help: 'Check the model name and the base URL.' },
  'invalid-request': {
    meaning: 'The provider refused the request as malformed (400 or 422).',
    help: 'Read the provider message; it names the parameter or the message.',
  },
  'request-too-large': { meaning: 'The request has more bytes than the provider takes (413).', help: 'Shorten the messages.' },
  'context-overflow': {
    meaning: 'The messages and the output limit together exceed the context of the model.',
    help: 'Lower the output limit or shorten the messages.',
  },
  'content-refused': {
    meaning: 'The provider refused the request because of its content.',
    help: 'Change the content; the same request will be refused again.',
  },
  'quota-exhausted': {
    meaning: 'The account has no money or quota left (402, or 429 of the quota kind).',
    help: 'Recharge the account; waiting does not help.',
  },
  'rate-limited': {
    meaning: 'Too many requests (429), and waiting as told did not help within the attempts, or the wait is too long.',
    help: 'Wait for `retryAfterMs`, or lower the concurrency.',
  },
  'provider-overloaded': {
    meaning: 'The provider is overloaded or interrupted the answer (502, 503, 504, 529 or its own word for it).',
    help: 'Try again later.',
  },
  'provider-failed': {
    meaning: 'The provider failed (another 5xx, 408, 409, 425, or an error inside the stream).',
    help: 'Try again later; report it to the provider with the request id.',
  },
  'network-dns': { meaning: 'The host name could not be resolved.', help: 'Check the base URL and the network.' },
  'network-refused': { meaning: 'The connection was refused.', help: 'Check the base URL, the port and whether a proxy is needed.' },
  'network-tls': {
    meaning: 'The TLS connection failed, usually for its certificate.',
    help: 'Check the certificate and the clock; do not switch verification off.',
  },
  'network-reset': {
    meaning: 'The connection was reset or closed before the answer was whole.',
    help: 'Try again; if it lasts, look for a proxy that cuts connections.',
  },
  'network-protocol': { meaning: 'The bytes that came back are not valid HTTP.', help: 'Check that the base URL points to an HTTP endpoint.' },
  'network-redirect': { meaning: 'The endpoint redirected the request to a place that is not followed.', help: 'Use the final URL as base URL.' },
  'connect-timeout': { meaning: 'No connection within the connect clock.', help: 'Check the network; raise `timeouts.connectMs` if the host is far.' },
  'headers-timeout': { meaning: 'No response headers within the headers clock.', help: 'Try again, or raise `timeouts.headersMs`.' },
  'first-content-timeout': {
    meaning: 'Headers came, but no first content within its clock. Keep-alive comments are not content.',
    help: 'Try again, or raise `timeouts.firstContentMs`.',
  },
  'stream-timeout': { meaning: 'The answer began and then fell silent for longer than the gap clock.', help: 'Try again, or raise `timeouts.gapMs`.' },
  'stream-truncated': { meaning: 'The stream ended without a finish reason: the answer is not whole.', help: 'Try again.' },
  'stream-malformed': {
    meaning: 'A frame of the stream is not what chat completions send.',
    help: 'Try again; if it lasts, the endpoint or a proxy breaks the stream.',
  },
  'stream-interrupted': {
    meaning: 'The stream broke after text of the step was delivered, so it was not restarted silently.',
    help: "Show or drop the partial text and ask again, or set `retryAfterText: 'restart'`.",
  },
  'unexpected-content': {
    meaning: 'The endpoint answered 200 with something that is not a chat completion, such as an HTML page.',
    help: 'Check the base URL; a login page or a firewall may answer instead.',
  },
  'response-too-large': { meaning: 'An event, the arguments of a call or the whole answer exceeds its byte limit.', help: 'Ask for less, or raise the limit.' },
  'empty-reply': {
    meaning: 'The model answered with neither text nor tool calls, twice.',
    help: 'Change the prompt or the model; reasoning, if any, is on the result.',
  },
  'leaked-markup': {
    meaning: 'The model wrote tool calls as its own markup into the text, and again when it was asked once more.',
    help: 'Use a profile that recovers them (`profiles`), or start the server with the tool call parser of the model.',
  },
  'output-limit': {
    meaning: 'Tool calls were cut by the output limit a second time, or no whole text came before the limit.',
    help: 'Raise the output limit or ask for smaller pieces.',
  },
  'invalid-output': {
    meaning: 'The final answer does not fit the schema of `output`, after two further tries.',
    help: 'Read the message; simplify the schema or describe its fields.',
  },
  'content-filtered': { meaning: 'The answer was filtered by the provider, so there is no whole text.', help: 'Change the request.' },
  unfinished: {
    meaning: 'The run ended before there was a whole answer (a limit, a pause); only `textOrThrow()` throws this.',
    help: 'Read `stopReason`; raise the limit or continue the run.',
  },
  'tool-fatal': { meaning: 'A tool ended the run on purpose with `fatal()`.', help: 'Read `cause`: it is the very error of the tool.' },
  'state-mismatch': {
    meaning: 'A saved state cannot be continued with this agent: its version, its tools or its course differ.',
    help: 'Continue it with the agent that made it.',
  },
  'journal-failed': {
    meaning: 'A journal could not write, sync or read what it keeps, so the run was stopped: nothing counts that is not durable.',
    help: 'Read `cause`: a full or broken disk, or a file that was changed. Resume the run when it is mended.',
  },
  'engine-failed': {
    meaning: 'The engine that hosts the run could not record a step, or gave the run up: cancelled, or recorded with other steps.',
    help: 'Read `cause`. What the engine recorded is kept; start or resume the run there.',
  },
  'run-locked': {
    meaning: 'Another process owns this run, or took it over; or its owner cannot be proven dead from here.',
    help: 'Wait for the owner, or let a person force the lock once it is certain that the owner is gone.',
  },
  'run-not-found': { meaning: 'The journal has no run with this id.', help: 'Check the id and the folder or file of the journal.' },
  'session-conflict': {
    meaning: 'Somebody else added to this session, forked to this id or deleted it since it was read.',
    help: 'Read the session again, and add what is new after it.',
  },
  aborted: { meaning: 'The run was aborted by its caller.', help: 'Nothing; `result` holds what was whole by then.' },
  internal: { meaning: 'A defect of Capstan or of code it was given; `cause` says what was thrown.', help: 'Report it with the stack of `cause`.' },
}
