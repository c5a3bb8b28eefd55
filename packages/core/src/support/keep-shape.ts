const kept: object[] = []

/**
 * Keeps an object, so that its class stays compiled. V8 drops optimised code when a full collection finds no object of a shape that the
 * code was compiled for, which is so between two runs for all that lives as long as a run: the next run would begin in the interpreter.
 */
export function keepShape(object: object): void {
  kept.push(object)
}
