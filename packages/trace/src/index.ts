export { exchangeKey, type KeyedRequest } from './format/exchange-key.ts'
export {
  type EventLine,
  type ExchangeLine,
  type ExchangePlace,
  type TracedEvent,
  type TracedRequest,
  type TracedResponse,
  type TraceHeader,
  type TraceLine,
  traceVersion,
} from './format/lines.ts'
export { LineParser, type TraceProblem } from './format/parse-lines.ts'
export { type ReadTrace, readTrace } from './format/read-trace.ts'
export { redactURL } from './format/redact-url.ts'
export type { RedactedText, TraceOptions } from './recorder/options.ts'
export { traceTo, traceToFile } from './recorder/trace-to.ts'
