import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import type { Version } from './sdks.ts'

const packages = { 5: ['ai5', 'ai-sdk-react5'], 6: ['ai6', 'ai-sdk-react6'], 7: ['ai', '@ai-sdk/react'] } as const

/** The script of the page, with the packages of a version: as a build of a page would make it. */
export async function bundlePage(version: Version): Promise<string> {
  const [ai, react] = packages[version]
  const bundle = await rolldown({
    input: fileURLToPath(new URL('page.js', import.meta.url)),
    platform: 'browser',
    resolve: { alias: { 'ui:ai': ai, 'ui:react': react } },
    // Version 5 has no approvals.
    shimMissingExports: true,
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    logLevel: 'silent',
  })
  const { output } = await bundle.generate({ format: 'iife', minify: true, codeSplitting: false })
  await bundle.close()
  return output[0].code
}

/** The page of a chat, with the messages that the server has of it. */
export function pageOf(script: string, start: object): string {
  const json = JSON.stringify(start).replaceAll('<', '\\u003c')
  return `<!doctype html><meta charset="utf-8"><title>chat</title><div id="root"></div><script type="application/json" id="start">${json}</script><script>${script.replaceAll('</script', '<\\/script')}</script>`
}
