// One process of an attack: `node child.js SETTING`, in the folder of the attack.
import type { Guard } from '@capstan/core'
import { plans, stageOf } from './plans.ts'
import { type ProcessSetting, playPart } from './processes.ts'

// The setting comes from `playInProcesses`.
const { plan: name, guard, isFirst } = JSON.parse(process.argv[2] ?? '') as ProcessSetting
const plan = plans.find((each) => each.name === name)
if (plan === undefined) throw new Error(`There is no plan ${name}.`)
await playPart(stageOf(plan, { file: 'world', ...(guard !== undefined && { guard: guard as Guard }) }), isFirst)
