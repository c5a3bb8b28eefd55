/** How many characters or bytes two texts have in common at their beginning. */
export function commonStart(left: ArrayLike<unknown>, right: ArrayLike<unknown>): number {
  let length = 0
  while (length < left.length && length < right.length && left[length] === right[length]) length += 1
  return length
}

/** How many they have in common at their end, not counting those of `start`. */
export function commonEnd(left: ArrayLike<unknown>, right: ArrayLike<unknown>, start: number): number {
  const most = Math.min(left.length, right.length) - start
  let length = 0
  while (length < most && left[left.length - 1 - length] === right[right.length - 1 - length]) length += 1
  return length
}
