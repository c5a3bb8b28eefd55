export type { Bill, SimulatedPrices } from './billing/prices.ts'
export { simulatedEndpoints } from './endpoints/endpoints.ts'
export type { EndpointName, SimulatedEndpoint } from './endpoints/simulated-endpoint.ts'
export type { Fault, FaultKind, FaultOf, FaultRule, MarkupGrammar, StatusFault } from './faults/fault.ts'
export { type FaultHelp, faultHelp, faultNames } from './faults/fault-catalog.ts'
export { parseFault, parseFaultRule } from './faults/parse-fault.ts'
export type { Json, JsonArray, JsonObject } from './json.ts'
export { evolinkModels } from './models/evolink-models.ts'
export type { CacheRule, ModelFamily, ParameterRule, SimulatedModel, Thinking } from './models/simulated-model.ts'
export type {
  RawUsage,
  ScriptedReply,
  ScriptedToolCall,
  SimulatedRequest,
  Simulator,
  SimulatorOptions,
  StrictOptions,
} from './options/options.ts'
export type { Overflow, RefusalMessage, RefusalRules } from './rules/refusal-rules.ts'
export { startSimulator } from './start-simulator.ts'
export { type Position, positionNames } from './wire/positions.ts'
