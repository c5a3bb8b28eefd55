/**
 * Reads the options of a program with `parse`. `--help` shows the usage and ends the program; a mistake ends it with exit code 2.
 *
 * @param parse - Calls `parseArgs` of `node:util`.
 * @param usage - What the program takes, as lines.
 */
export function readOptions<Options>(parse: () => Options, usage: string): Options {
  if (process.argv.includes('--help')) {
    console.log(usage)
    process.exit(0)
  }
  try {
    return parse()
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}
