/**
 * Where a redirect leads to: path and query on the same origin.
 *
 * @param location - The header.
 * @param from - The URL that was redirected; relative locations start there.
 * @returns `undefined` for another origin or no URL.
 */
export function redirectPath(location: string | undefined, from: URL): string | undefined {
  if (location === undefined || !URL.canParse(location, from.href)) return undefined
  const target = new URL(location, from)
  return target.origin === from.origin && target.username === '' ? `${target.pathname}${target.search}` : undefined
}
