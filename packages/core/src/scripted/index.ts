export { call, type ScriptedAnswer, type ScriptedCall, type ScriptedModelReply } from './reply.ts'
export { type ScriptedModel, type ScriptedModelOptions, scriptedModel } from './scripted-model.ts'
export { warmUp } from './warm-up.ts'
