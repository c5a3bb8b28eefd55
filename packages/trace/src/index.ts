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
export type { Departure } from './replay/course.ts'
export { type ReplayedCall, type ReplayOptions, type ReplayReport, replayAgent } from './replay/replay-agent.ts'
export { selectRun } from './replay/select-run.ts'
export type { Difference } from './tape/compare-requests.ts'
export { openTape, type Tape, type TapeOptions } from './tape/open-tape.ts'
export type { Pace } from './tape/play-exchange.ts'
export { readTape, type TapeContents } from './tape/read-tape.ts'
export { type ShownSize, showDifferences } from './tape/show-differences.ts'
