export {
  call,
  type ScriptedAnswer,
  type ScriptedCall,
  type ScriptedModel,
  type ScriptedModelOptions,
  type ScriptedModelReply,
  scriptedModel,
} from '@capstan/core/testing'
export {
  type Bill,
  type Fault,
  type FaultRule,
  type ScriptedReply,
  type ScriptedToolCall,
  type SimulatedPrices,
  type SimulatedRequest,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '@capstan/simulator'
export { openTape, type Pace, type Tape, type TapeOptions } from '@capstan/trace'
export { assertCalled, assertCalledInOrder, assertCalledTimes, assertFinished, assertNotCalled } from './expectations/assertions.ts'
export type { RunOutcome } from './expectations/made-calls.ts'
export { matchers, type RunMatcherFunctions, type RunMatchers } from './expectations/matchers.ts'
export type { ExpectedCall, Verdict } from './expectations/verdicts.ts'
export { type FakeClock, type FakeClockOptions, fakeClock } from './fake-clock/fake-clock.ts'
