export {
  type Fault,
  type FaultRule,
  type ScriptedReply,
  type ScriptedToolCall,
  type SimulatedRequest,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '@capstan/simulator'
