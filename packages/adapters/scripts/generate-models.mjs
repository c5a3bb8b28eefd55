// Writes docs/models.md from the built profiles; with --check it writes nothing and exits 1 when the page is stale.
import { readFile, writeFile } from 'node:fs/promises'
import { defaultClocks, defaultLimits, evolinkProfiles, plainProfile } from '../dist/index.js'

const target = new URL('../../../docs/models.md', import.meta.url)

const text = [
  '# Models',
  '',
  'Generated from the profiles by `node packages/adapters/scripts/generate-models.mjs`: do not edit.',
  '',
  'A setting that is refused is an `invalid-options` error before any request, and does not compile where the model is known. What is',
  'not set is not sent. `extraBody` sends anything else as it is, unchecked.',
  '',
  ...evolinkProfiles.flatMap(describeModel),
  '## Any other model',
  '',
  '`openaiCompatible({ baseURL, model })`, and `evolink(id)` with an id that is not above, use plain chat completions: all settings are',
  'taken, only their types are checked; `stream_options` is tried and left out once refused; reasoning goes back where there was some.',
  `Read under ${reasoningNames()}.`,
  '',
  '## Clocks and limits',
  '',
  'In milliseconds and bytes, where a model has nothing of its own; each can be set in `timeouts` and `limits`.',
  '',
  ...table(
    ['name', 'default'],
    [...Object.entries(defaultClocks), ...Object.entries(defaultLimits)].map(([name, value]) => [code(name), value]),
  ),
  '',
].join('\n')

if (process.argv.includes('--check')) {
  const current = await readFile(target, 'utf8').catch(() => '')
  if (current !== text) {
    process.stderr.write('docs/models.md is stale: run node packages/adapters/scripts/generate-models.mjs\n')
    process.exitCode = 1
  }
} else {
  await writeFile(target, text)
}

function describeModel(profile) {
  const source = `[page][${profile.models[0]}]`
  const rows = Object.entries(profile.parameters)
    .sort(([left], [right]) => order(left) - order(right))
    .map(([name, rule]) => [code(name), code(rule.wire), ...describeRule(rule), source, profile.source.read])
  const settings = ['setting', 'sent as', 'allowed', 'range', 'default', 'note', 'source', 'read']
  return [
    `## ${profile.models.join(', ')} (${profile.endpoint})`,
    '',
    ...table(settings, rows),
    '',
    ...table(['beside the settings', ''], describeRest(profile)),
    '',
    ...(profile.notes ?? []).flatMap((note) => [`- ${note}`]),
    ...(profile.notes === undefined ? [] : ['']),
    `[${profile.models[0]}]: ${profile.source.url}`,
    '',
  ]
}

function order(name) {
  return Object.keys(plainProfile.parameters).indexOf(name)
}

function describeRule(rule) {
  if (rule.kind === 'refused') return ['refused', '', '', `${rule.because}; ${rule.instead}`]
  const fallback = rule.default === undefined ? '' : code(String(rule.default))
  return ['yes', rangeOf(rule), fallback, rule.note ?? '']
}

function rangeOf(rule) {
  switch (rule.kind) {
    case 'number':
    case 'integer': {
      const kind = rule.kind === 'integer' ? 'integer ' : ''
      return rule.max === undefined ? `${kind}>= ${rule.min}` : `${kind}${rule.min} to ${rule.max}`
    }
    case 'choice':
      return rule.values.map(code).join(', ')
    case 'strings':
      return `a string or at most ${rule.maxItems}${rule.maxBytesEach === undefined ? '' : `, each at most ${rule.maxBytesEach} bytes of UTF-8`}`
    default:
      return rule.kind
  }
}

function describeRest(profile) {
  const { tools, toolChoice, reasoning, finishWords = {}, clocks = {} } = profile
  const passBack = { always: 'always, `""` with a tool call that had none', present: 'where there was some', strip: 'never' }[reasoning.passBack]
  return [
    ['messages', 'at least 1; system, user, assistant, tool'],
    ['tools', tools.allowed ? `at most ${tools.max}` : `refused: ${tools.because}; \`allowTools: true\` sends them all the same, at most ${tools.max}`],
    [
      '`tool_choice`',
      `${toolChoice.values.map(code).join(', ')}${toolChoice.onlyWhenAsked ? '; not documented, sent only when the caller asks' : ''}${tools.allowed ? '' : '; with `allowTools` alone'}`,
    ],
    ['`stream_options`', { yes: '`include_usage` with each stream', try: 'tried, left out once refused', no: 'never sent' }[profile.streamUsage]],
    ['images', profile.images ? 'yes' : 'refused'],
    ['partial mode', profile.partial ? '`partial: true` on a last assistant message; not with `json_object`' : 'refused'],
    ['reasoning', `read from ${code(reasoning.field)}; sent back: ${passBack}${reasoning.flips ? '; turned round once if a 400 names the field' : ''}`],
    ['content beside tool calls only', profile.emptyContent === 'omit' ? 'left out' : code(JSON.stringify(profile.emptyContent))],
    ['cached tokens', code(profile.cachedTokensAt)],
    ...Object.entries(finishWords).map(([word, meaning]) => [
      `finish reason ${code(word)}`,
      meaning === 'overloaded' ? 'the answer was interrupted: asked again' : meaning,
    ]),
    ...Object.entries(clocks).map(([name, ms]) => [`clock ${code(name)}`, `${ms} ms`]),
    ['prices', profile.prices === undefined ? 'not documented: pass `prices`, or cost is unknown' : JSON.stringify(profile.prices)],
  ]
}

function reasoningNames() {
  return ['reasoning_content', 'reasoning', 'reasoning_text'].map(code).join(', ')
}

function code(value) {
  return `\`${value}\``
}

function table(header, rows) {
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)]
}
