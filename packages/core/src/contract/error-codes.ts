const table = {
  'invalid-options': {
    meaning: 'An option of an agent, a model or a call is unknown, has a wrong value, or is not supported by this model.',
    help: 'Change the option that the message names.',
  },
  'invalid-tool': {
    meaning: 'A tool, or a set of tools, cannot be offered to a model.',
    help: 'Change the tool at the JSON pointer that the message names.',
  },
  'invalid-messages': {
    meaning: 'The input is empty, or its messages would be refused by a provider.',
    help: 'Correct the message at the position that the message names, or call `repairMessages()`.',
  },
  'invalid-use': { meaning: 'An object was used in a way that it does not support, such as iterating a run twice.', help: 'Follow the message.' },
  'missing-key': { meaning: 'No API key was found.', help: 'Set the environment variable that the message names, or pass `apiKey`.' },
  'auth-failed': { meaning: 'The provider refused the API key (401 or 403).', help: 'Check the key, its account and the endpoint it belongs to.' },
  'model-not-found': { meaning: 'The endpoint does not know the model or the path (404).', help: 'Check the model name and the base URL.' },
  'invalid-request': {
    meaning: 'The provider refused the request as malformed (400 or 422).',
    help: 'Read the provider message; it names the parameter or the message.',
  },
  'request-too-large': { meaning: 'The request has more bytes than the provider accepts (413).', help: 'Shorten the messages.' },
  'context-overflow': {
    meaning: 'The messages and the output limit together exceed the context window of the model, and nothing that is sent can be shortened.',
    help: 'Lower the output limit or shorten the messages; `overflow` of the error has the sizes that the provider named.',
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
    meaning: 'Too many requests (429): the attempts were used up, or the server asked for a longer wait than 60 s.',
    help: 'Wait for `retryAfterMs`, or lower the concurrency.',
  },
  'provider-overloaded': {
    meaning: "The provider is overloaded or interrupted its response (502, 503, 504, 529, or the provider's own error type for it).",
    help: 'Try again later.',
  },
  'provider-failed': {
    meaning: 'The provider failed (another 5xx, 408, 409, 425, or an error inside the stream).',
    help: 'Try again later; report it to the provider with the request id.',
  },
  'network-dns': { meaning: 'The host name could not be resolved.', help: 'Check the base URL and the network.' },
  'network-refused': { meaning: 'The connection was refused.', help: 'Check the base URL, the port and whether a proxy is needed.' },
  'network-tls': {
    meaning: 'The TLS connection failed, usually because of its certificate.',
    help: 'Check the certificate and the clock; do not switch verification off.',
  },
  'network-reset': {
    meaning: 'The connection was reset or closed before the response was complete.',
    help: 'Try again; if it persists, look for a proxy that closes connections.',
  },
  'network-protocol': { meaning: 'The response is not valid HTTP.', help: 'Check that the base URL points to an HTTP endpoint.' },
  'network-redirect': { meaning: 'The endpoint redirected the request to a URL that is not followed.', help: 'Use the final URL as base URL.' },
  'connect-timeout': {
    meaning: 'No connection was made within the connect timeout.',
    help: 'Check the network; raise `timeouts.connectMs` if the host is far away.',
  },
  'headers-timeout': { meaning: 'No response headers came within their timeout.', help: 'Try again, or raise `timeouts.headersMs`.' },
  'first-content-timeout': {
    meaning: 'Headers came, but no content within its timeout. Keep-alive comments do not count as content.',
    help: 'Try again, or raise `timeouts.firstContentMs`.',
  },
  'stream-timeout': {
    meaning: 'The response began, and then nothing came for longer than the gap timeout.',
    help: 'Try again, or raise `timeouts.gapMs`.',
  },
  'stream-truncated': { meaning: 'The stream ended without a finish reason, so the reply is incomplete.', help: 'Try again.' },
  'stream-malformed': {
    meaning: 'A frame of the stream does not have the form of chat completions.',
    help: 'Try again; if it persists, the endpoint or a proxy corrupts the stream.',
  },
  'stream-interrupted': {
    meaning: 'The stream broke after text of the step was delivered, so the step was not restarted silently.',
    help: "Show or drop the partial text and ask again, or set `retryAfterText: 'restart'`.",
  },
  'unexpected-content': {
    meaning: 'The endpoint responded 200 with something that is not a chat completion, such as an HTML page.',
    help: 'Check the base URL; a login page or a firewall may have responded instead.',
  },
  'response-too-large': {
    meaning: 'An event, the arguments of a call or the complete response exceeds its limit in bytes.',
    help: 'Ask for less, or raise the limit.',
  },
  'empty-reply': {
    meaning: 'The model replied with neither text nor tool calls, twice.',
    help: 'Change the prompt or the model; reasoning, if any, is on the result.',
  },
  'leaked-markup': {
    meaning: 'The model wrote tool calls as its own markup into the text, and again when it was asked once more.',
    help: 'Use a profile that recovers them (`profiles`), or start the server with the tool call parser of the model.',
  },
  'output-limit': {
    meaning: 'Tool calls were cut by the output limit a second time, or the limit was reached before the text was complete.',
    help: 'Raise the output limit or ask for smaller pieces.',
  },
  'invalid-output': {
    meaning: 'The output does not fit the schema of `output`, after two further tries.',
    help: 'Read the message; simplify the schema or describe its fields.',
  },
  'content-filtered': { meaning: 'The provider filtered the reply, so its text is incomplete.', help: 'Change the request.' },
  'unexpected-request': {
    meaning: 'A tape or a scripted model was asked for something that it has no reply for.',
    help: 'Read the difference in the message: change what made it, or record the tape again.',
  },
  'invalid-trace': {
    meaning: 'A file of a trace or a tape cannot be read, or does not have the form of one.',
    help: 'Read the message: it names the line. Record the file again, or take it from version control.',
  },
  unfinished: {
    meaning: 'The run ended before it had a complete answer (a limit or a pause). Only `textOrThrow()` and `outputOrThrow()` throw this.',
    help: 'Read `stopReason`; raise the limit or continue the run.',
  },
  'tool-fatal': { meaning: 'A tool ended the run on purpose with `fatal()`.', help: 'Read `cause`: it is the error that the tool threw.' },
  'state-mismatch': {
    meaning: 'A saved state cannot be continued with this agent: its version, its tools or its operations differ.',
    help: 'Continue it with the agent that made it.',
  },
  'journal-failed': {
    meaning: 'A journal could not write, sync or read its data, so the run was stopped: only durable records count.',
    help: 'Read `cause`: a full or broken disk, or a file that was changed. Correct that, then resume the run.',
  },
  'engine-failed': {
    meaning: 'The engine that hosts the run could not record a step, has cancelled the run, or has recorded other steps for it.',
    help: 'Read `cause`. What the engine recorded is kept; start or resume the run there.',
  },
  'mcp-failed': {
    meaning: 'An MCP server cannot be started or reached, or it does not answer as the protocol says.',
    help: 'Read the message: it has what the server answered, or what it wrote to stderr.',
  },
  'run-locked': {
    meaning: 'Another process owns this run or took it over, or it cannot be proven from here that its owner is dead.',
    help: 'Wait for the owner. A person may force the lock when it is certain that the owner is gone.',
  },
  'run-not-found': { meaning: 'The journal has no run with this id.', help: 'Check the id and the folder or file of the journal.' },
  'session-conflict': {
    meaning: 'Another writer added to this session, forked to this id or deleted it after it was read; or the session has a run with this id already.',
    help: 'Read the session again, then append; or use another run id.',
  },
  'session-busy': {
    meaning: 'Another run has its place in this session: it is at work, waits for a person, or was interrupted. `runId` names it.',
    help: "Let it end or resume it; keep the message with `whilePaused: 'queue'`; or give its place up with `session.release(runId)`.",
  },
  aborted: { meaning: 'The caller aborted the run.', help: 'Nothing to do; `result` holds what was complete by then.' },
  internal: {
    meaning: 'A defect of Capstan or of code that it was given; `cause` is what was thrown.',
    help: 'Report it with the stack of `cause`.',
  },
}

/** A stable name for programs: one of the codes in `errorCodes`. */
export type AgentErrorCode = keyof typeof table

/**
 * Every code that an `AgentError` can carry, with its meaning and what helps. Codes may be added; they are never renamed.
 * `docs/errors.md` is generated from this table.
 */
export const errorCodes: Readonly<Record<AgentErrorCode, { readonly meaning: string; readonly help: string }>> = table
