// Imports a module in a process of its own and prints the files that were loaded for it, as JSON.
import { createRequire, register } from 'node:module'
import { argv } from 'node:process'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'

const hooks = `
let port
export const initialize = (data) => { port = data.port }
export const load = (url, context, next) => { port.postMessage(url); return next(url, context) }
`
const { port1, port2 } = new MessageChannel()
port1.unref()
register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data: { port: port2 }, transferList: [port2] })

const before = new Set(builtIn())
await import(argv[2] ?? 'capstan')

const urls = new Set()
for (let message = receiveMessageOnPort(port1); message !== undefined; message = receiveMessageOnPort(port1)) urls.add(message.message)
// What CommonJS requires does not pass the hooks.
const required = Object.keys(createRequire(import.meta.url).cache).map((path) => `file://${path}`)
console.log(
  JSON.stringify({
    files: [...new Set([...urls, ...required])].filter((url) => url.startsWith('file:')),
    builtIn: builtIn().filter((name) => !before.has(name)),
  }),
)

function builtIn() {
  // Undocumented, and the only list of what Node has loaded of its own.
  const list = /** @type {{ moduleLoadList?: string[] }} */ (/** @type {unknown} */ (process)).moduleLoadList ?? []
  return list.filter((entry) => entry.startsWith('NativeModule ')).map((entry) => entry.slice('NativeModule '.length))
}
