/** A surrogate without its other half. */
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/**
 * A string as JSON text, well-formed: half of a character becomes U+FFFD. `JSON.stringify` would write it as an escape that
 * strict servers refuse to parse.
 */
export function jsonString(text: string): string {
  const json = JSON.stringify(text)
  return json.includes('\\ud') ? JSON.stringify(text.replace(loneSurrogate, '\ufffd')) : json
}
