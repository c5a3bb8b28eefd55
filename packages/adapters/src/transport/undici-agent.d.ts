// undici has types only for its index.
declare module 'undici/lib/dispatcher/agent.js' {
  // biome-ignore lint/style/noDefaultExport: this is what undici exports there.
  export { Agent as default } from 'undici'
}
