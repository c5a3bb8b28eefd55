// The packages of the program are in the folder above this one.
const root = new URL('..', import.meta.url).pathname

export default { outputFileTracingRoot: root, turbopack: { root } }
