/** A time that sorts as a text, and is allowed in the name of a file: `20261129T071502.123Z`. */
export function timeName(at: number): string {
  return new Date(at).toISOString().replace(/[-:]/g, '')
}
