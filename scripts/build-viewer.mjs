// Builds the page of the trace viewer into one file, which is committed: a clone runs on releases of Node that the bundler does not.
//   node scripts/build-viewer.mjs           writes packages/trace/viewer/page.html
//   node scripts/build-viewer.mjs --check   fails if that file is not what its sources make, or is too large
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { finish, root } from './project-files.mjs'

const maxBytes = 60_000
const folder = join(root, 'packages/trace/page')
const target = join(root, 'packages/trace/viewer/page.html')
const packedMark = '/* packed */'
const packedText = /(?<=id="packed">)[A-Za-z0-9+/=]+/

const { page, script } = await build()
const packed = page.replace(packedMark, deflateRawSync(script, { level: 9 }).toString('base64'))
if (process.argv.includes('--check')) finish(problems())
else {
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, packed)
  console.log(`${Buffer.byteLength(packed)} bytes, with a script of ${Buffer.byteLength(script)} bytes packed in it`)
}

function problems() {
  const text = existsSync(target) ? readFileSync(target, 'utf8') : ''
  // Releases of Node may pack the same script into other bytes.
  const unpacked = inflateRawSync(Buffer.from(packedText.exec(text)?.[0] ?? 'AwA=', 'base64')).toString()
  const isSame = unpacked === script && text.replace(packedText, packedMark) === page
  const bytes = Buffer.byteLength(text)
  return [
    ...(isSame ? [] : ['packages/trace/viewer/page.html is not what its sources make: run node scripts/build-viewer.mjs']),
    ...(bytes <= maxBytes ? [] : [`the page of the viewer has ${bytes} bytes, more than ${maxBytes}`]),
  ]
}

async function build() {
  const read = (name) => readFileSync(join(folder, name), 'utf8')
  const work = await rolldown({ cwd: folder, input: 'main.ts', platform: 'browser', logLevel: 'warn', tsconfig: false })
  const { output } = await work.generate({ format: 'esm', minify: true, comments: false })
  await work.close()
  // Functions: a `$` in what is put in must not be read as a pattern.
  const page = read('index.html')
    .replace('/* style */', () => shorten(styles()))
    .replace('/* loader */', () =>
      read('loader.js')
        .replace(/^\/\/.*\n/gm, '')
        .trim(),
    )
  return { page, script: output[0].code.trim() }
}

/** The styles in the order of their names. */
function styles() {
  const names = readdirSync(join(folder, 'styles')).sort()
  return names.map((name) => readFileSync(join(folder, 'styles', name), 'utf8')).join('\n')
}

/** Removes comments, and the space that CSS does not need. */
function shorten(css) {
  return css
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,]) ?/g, '$1')
    .replace(/: /g, ':')
    .replaceAll(';}', '}')
    .trim()
}
