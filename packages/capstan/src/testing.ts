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
