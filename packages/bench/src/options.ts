import { parseArgs } from 'node:util'

/** Options of the command. */
export interface Options {
  /** Ids of scenarios. */
  readonly only: readonly string[] | undefined
  readonly contenders: readonly string[]
  readonly rounds: number
  readonly isQuick: boolean
  readonly isProfiled: boolean
  readonly wantsHelp: boolean
  /** The command as it can be typed again. */
  readonly command: string
}

/** In the order in which they are shown. */
export const contenderNames = ['raw', 'capstan', 'openai', 'ai-sdk', 'openai-agents', 'langchain'] as const

const fullRounds = 20
const quickRounds = 4

/**
 * Reads the arguments of the command.
 *
 * @throws {Error} For an unknown option or value, with the known ones.
 */
export function readOptions(args: readonly string[], scenarioIds: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      contenders: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const rounds = Number(values.rounds ?? (values.quick ? quickRounds : fullRounds))
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds takes a whole number from 1, not '${values.rounds}'.`)
  return {
    only: values.only === undefined ? undefined : choose('--only', values.only, scenarioIds),
    contenders: values.contenders === undefined ? contenderNames : choose('--contenders', values.contenders, contenderNames),
    rounds,
    isQuick: values.quick,
    isProfiled: values.profile,
    wantsHelp: values.help,
    command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
  }
}

function choose(option: string, list: string, known: readonly string[]): readonly string[] {
  const names = list.split(',').map((name) => name.trim().toLowerCase())
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`${option} does not know '${unknown}'. Known: ${known.join(', ')}.`)
  return known.filter((name) => names.includes(name))
}

/** The text of `--help`. */
export function helpText(scenarios: readonly { readonly id: string; readonly title: string }[]): string {
  return `npm run bench -- [options]

Measures Capstan beside a hand-written loop and beside its peers, against a mock provider on this machine.

  --only <list>        scenarios, such as s1,s4; default: all
  --contenders <list>  ${contenderNames.join(', ')}; default: all. Peers that are asked for are installed once.
  --rounds <n>         default: ${fullRounds}, with --quick ${quickRounds}
  --quick              short warm-ups and few runs: shows that everything works, but proves nothing
  --profile            writes CPU profiles of the measured parts to packages/bench/profiles and prints the top self times
  --help               this text

Scenarios:
${scenarios.map(({ id, title }) => `  ${id.padEnd(5)} ${title}`).join('\n')}

Results go to packages/bench/results and docs/performance.md. A quick run does not replace the result of a full one.
Everything that is measured runs under Node 24, which is fetched by npx.
`
}
