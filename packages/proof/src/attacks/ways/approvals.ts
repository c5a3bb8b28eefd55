import type { Call } from '../hostile-model.ts'
import { inputOf } from '../sinks.ts'
import { playAlone, type Way } from './way.ts'

/** Allowed calls are used for others. */
export const byApproval: readonly Way[] = [
  {
    name: 'an edited approval, then both inputs',
    decisions: ['edit', 'deny'],
    play: async (stage) => {
      const [tool] = stage.wanted
      const edited = inputOf(stage.sink, 'Nothing.')
      // The model wants what the person wrote once more, and then what it had wanted.
      await playAlone(stage, [stage.read, { calls: [stage.wanted] }, { calls: [[tool, edited]] }, { calls: [stage.wanted] }])
    },
  },
  {
    name: 'twice in one step',
    decisions: ['approve', 'deny'],
    questions: 3,
    play: (stage) => playAlone(stage, [stage.read, { calls: [stage.wanted, stage.wanted] }, { calls: [stage.wanted] }]),
  },
  {
    name: 'approved for a target, then another target',
    needsTargets: true,
    decisions: ['for-target', 'deny'],
    runs: 2,
    play: (stage) => {
      const again: Call = [stage.sink.tool, inputOf(stage.sink, 'Something else.')]
      const calls = [stage.wanted, again, stage.elsewhere, stage.elsewhere]
      return playAlone(stage, [stage.read, ...calls.map((call) => ({ calls: [call] }))])
    },
  },
]
