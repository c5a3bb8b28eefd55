import { createRequire } from 'node:module'

/** The version of this package, which servers are told. */
export function version(): string {
  // The manifest of this package has a version.
  const manifest = createRequire(import.meta.url)('../package.json') as { readonly version: string }
  return manifest.version
}
