// Checks the import directions. The tables are the architecture; everything below them only reads imports.
import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { findCircles } from './imports/circles.mjs'
import { finish, isTest, packageNames, projectFiles, readJson, readText, root, withoutComments } from './project-files.mjs'

/** Package: the packages of ours that it may import. */
const directions = {
  core: [],
  simulator: [], // Written only from the providers' documentation, so that no mistake is shared with the adapters.
  tools: ['core'],
  adapters: ['core'],
  durable: ['core'],
  trace: ['core'],
  server: ['core'],
  restate: ['core'],
  dbos: ['core'],
  mcp: ['core', 'tools'],
  'test-kit': ['core'],
  capstan: ['core', 'tools', 'adapters', 'simulator', 'durable', 'trace', 'mcp'],
  bench: ['core', 'tools', 'adapters', 'simulator', 'durable', 'capstan', 'trace', 'server'],
  proof: ['core', 'tools', 'adapters', 'simulator', 'durable', 'restate', 'dbos', 'test-kit', 'mcp', 'server'],
  examples: ['core', 'tools', 'adapters', 'simulator', 'durable', 'capstan', 'restate', 'dbos', 'mcp', 'server', 'trace'],
}
const testsMayAlsoImport = ['simulator', 'test-kit']
/** Package: what only its tests may import. A recorder is tested on the models and the tools that it records. */
const testsOf = { trace: ['adapters', 'tools', 'durable', 'restate', 'dbos'], server: ['durable'] }

const network = ['node:http', 'node:https', 'node:http2', 'node:net', 'node:tls', 'node:dgram', 'undici', 'eventsource-parser']
const adapters = 'packages/adapters/src'
const core = 'packages/core/src'

/** Below each folder, what its sources may not import: modules, or folders. */
const forbidden = [
  { below: `${adapters}/transport/`, imports: [`${adapters}/wire/`], because: 'transport knows no wire format' },
  { below: `${adapters}/wire/`, imports: [`${adapters}/transport/`, ...network], because: 'wire is pure mapping and knows no HTTP' },
  { below: `${adapters}/profiles/`, imports: [`${adapters}/transport/`, `${adapters}/wire/`, ...network], because: 'profiles are data' },
  { below: `${adapters}/`, except: `${adapters}/transport/`, imports: network, because: 'only transport reaches the network' },
  { below: `${core}/`, imports: network, because: 'core knows no HTTP' },
  { below: `${core}/`, except: `${core}/loop/`, imports: [`${core}/loop/state/`], because: 'only the loop knows the state of a run' },
  { below: 'packages/tools/src/', except: 'packages/tools/src/http/', imports: network, because: 'of the tools, only http reaches the network' },
  { below: 'packages/capstan/src/', imports: network, because: 'the network belongs to adapters and simulator' },
]

/** Below each folder, the only folders of its package that its sources may import. */
const confined = [
  { below: `${core}/contract/`, to: [`${core}/contract/`], because: 'contract imports only itself' },
  { below: `${core}/retry/`, to: [`${core}/retry/`, `${core}/contract/`, `${core}/support/`], because: 'retry imports only contract and support' },
  { below: `${core}/catalogue/`, to: [`${core}/catalogue/`, `${core}/contract/`, `${core}/support/`], because: 'catalogue imports only contract and support' },
  { below: `${core}/history/`, to: [`${core}/history/`, `${core}/contract/`, `${core}/support/`], because: 'history imports only contract and support' },
  { below: `${core}/transcripts/`, to: [`${core}/transcripts/`, `${core}/contract/`], because: 'transcripts imports only contract' },
  {
    below: `${core}/durability/`,
    to: [`${core}/durability/`, `${core}/contract/`, `${core}/support/`, `${core}/retry/`, `${core}/history/`],
    because: 'durability does not know the loop',
  },
  {
    below: `${core}/artifacts/`,
    to: [`${core}/artifacts/`, `${core}/contract/`, `${core}/support/`, `${core}/durability/`],
    because: 'artifacts does not know the loop',
  },
  {
    below: `${core}/sessions/`,
    to: [`${core}/sessions/`, `${core}/contract/`, `${core}/transcripts/`],
    because: 'sessions import only contract and transcripts',
  },
  { below: `${core}/support/`, to: [`${core}/support/`, `${core}/contract/`], because: 'support imports only contract' },
]

/** What only one place may contain. Comments and the names of modules do not count. */
const owned = [
  {
    pattern: /(?<![\w-])steps\/|\/(?:tools|outcome|again|model)\/|\/(?:needs-approval|approval|question)\b/,
    in: /^packages\/(?:core|durable|restate|dbos|capstan)\/src\//,
    except: `${core}/durability/operation-ids.ts`,
    because: 'only durability/operation-ids makes and reads ids of operations',
  },
  {
    pattern: /(?<!const |let |readonly )\b[a-z]\w*\.\w+ (?:[-+*/]|\?\?|\|\||&&)?= |\b[a-z]\w*\.\w+(?:\+\+|--)/,
    in: /^packages\/core\/src\/loop\/(?!state\/)/,
    because: 'only loop/state changes the state of a run',
  },
]

const statement = /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm
const sideEffect = /^\s*import\s*['"]([^'"]+)['"]/gm
const call = /\b(?:import|require|require\.resolve|import\.meta\.resolve|vi\.mock)\s*\(\s*['"]([^'"]+)['"]/g
// The first loads modules that the user names. In the second, a thread loads a package by its URL.
const mayCompute = ['packages/capstan/src/cli/choose-agent.ts', 'packages/tools/src/http/markdown.ts']
const computed = /(?<![.\w])import\s*\(\s*(?!['"\s])/

const problems = [...packageNames().flatMap(checkManifest), ...projectFiles().flatMap(checkFile), ...packageNames().flatMap(checkCircles)]
finish(problems)

function checkManifest(name) {
  const allowed = directions[name]
  if (!allowed) return [`packages/${name}: not in the table of scripts/check-imports.mjs; add it with what it may import`]
  const manifest = readJson(`packages/${name}/package.json`)
  const needed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  const onlyForTests = Object.keys(manifest.devDependencies ?? {})
  return [...needed.map((dependency) => [dependency, allowed]), ...onlyForTests.map((dependency) => [dependency, importsOfTests(name)])]
    .filter(([dependency, list]) => {
      const ours = ourPackage(dependency)
      return ours && !list.includes(ours.name)
    })
    .map(([dependency]) => `packages/${name}/package.json: may not depend on ${dependency}`)
}

function checkFile(path) {
  const name = /^packages\/([^/]+)\/src\/.*\.ts$/.exec(path)?.[1]
  const isExample = /^examples\/.*\.ts$/.test(path)
  if (!name && !isExample) return []
  const text = withoutComments(readText(path))
  const source = { path, name, isTest: isTest(path), allowed: directions[name ?? 'examples'] ?? [] }
  const found = specifiersOf(text).flatMap((specifier) => judge(source, specifier).map((problem) => `${path}: imports '${specifier}': ${problem}`))
  if (computed.test(text) && !source.isTest && !mayCompute.includes(path)) found.push(`${path}: imports a computed name; write the module's name out`)
  return source.isTest ? found : [...found, ...checkOwned(path, text)]
}

function checkOwned(path, text) {
  const rules = owned.filter((rule) => rule.in.test(path) && rule.except !== path)
  if (rules.length === 0) return []
  const lines = [statement, sideEffect, call].reduce((rest, pattern) => rest.replace(pattern, ''), text).split('\n')
  return rules.flatMap(({ pattern, because }) => lines.flatMap((line) => (pattern.test(line) ? [`${path}: '${line.trim()}': ${because}`] : [])))
}

/** Circles of files of one package, whatever they import of each other: values or types. */
function checkCircles(name) {
  const sources = projectFiles().filter((path) => path.startsWith(`packages/${name}/src/`) && path.endsWith('.ts') && !isTest(path))
  const importsOf = (path) =>
    specifiersOf(withoutComments(readText(path)))
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => posix.join(posix.dirname(path), specifier))
  return findCircles(sources, importsOf)
    .map((files) => files.join(', '))
    .map((files) => `these files import each other in a circle: ${files}`)
}

function specifiersOf(text) {
  return [statement, sideEffect, call].flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''))
}

function judge(source, specifier) {
  const target = specifier.startsWith('.') ? posix.join(posix.dirname(source.path), specifier) : specifier
  return [...judgePackage(source, specifier, target), ...judgeFolder(source, target)]
}

function judgePackage({ path, name, isTest: inTest, allowed }, specifier, target) {
  if (specifier.startsWith('.')) {
    const home = name ? `packages/${name}/src/` : 'examples/'
    return target.startsWith(home) ? [] : [`a relative import stays inside ${home}`]
  }
  const ours = ourPackage(specifier)
  if (!ours) return []
  if (ours.name === name) return inTest ? [] : ['a package does not import itself by name; use a relative path']
  const list = inTest ? importsOfTests(name) : allowed
  if (!list.includes(ours.name)) return [`${name ?? path} may import ${list.length > 0 ? list.join(', ') : 'nothing'} of ours`]
  return isExported(ours) ? [] : [`not in the exports of ${ours.name}`]
}

function importsOfTests(name = 'examples') {
  return [...(directions[name] ?? []), ...testsMayAlsoImport, ...(testsOf[name] ?? [])]
}

function judgeFolder({ path, isTest: inTest }, target) {
  if (inTest) return []
  const isForbidden = ({ below, except = '', imports }) =>
    path.startsWith(below) && !(except && path.startsWith(except)) && imports.some((item) => isWithin(target, item))
  const leaves = ({ below, to }) => path.startsWith(below) && target.startsWith('packages/') && !to.some((folder) => target.startsWith(folder))
  return [...forbidden.filter(isForbidden), ...confined.filter(leaves)].map(({ because }) => because)
}

function isWithin(target, item) {
  const name = target.replace(/^(?:node:)?(http|https|http2|net|tls|dgram)$/, 'node:$1')
  return name === item || name.startsWith(item.endsWith('/') ? item : `${item}/`)
}

function ourPackage(specifier) {
  const match = /^(?:@capstan\/([^/]+)|(capstan))(\/.*)?$/.exec(specifier)
  return match && { name: match[1] ?? match[2], entry: `.${match[3] ?? ''}` }
}

function isExported({ name, entry }) {
  const manifest = `packages/${name}/package.json`
  return existsSync(join(root, manifest)) && entry in (readJson(manifest).exports ?? {})
}
