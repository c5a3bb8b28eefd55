/**
 * Finds groups of nodes that all reach each other.
 *
 * @param {readonly string[]} nodes
 * @param {(node: string) => readonly string[]} targetsOf
 * @returns {string[][]} The nodes of each group, in the given order.
 */
export function findCircles(nodes, targetsOf) {
  const known = new Set(nodes)
  const targets = new Map(nodes.map((node) => [node, targetsOf(node).filter((target) => known.has(target))]))
  const reached = new Map(nodes.map((node) => [node, reachedFrom(node, targets)]))
  const reach = (from, to) => reached.get(from)?.has(to) === true
  const inCircle = nodes.filter((node) => reach(node, node))
  return inCircle
    .filter((node, index) => inCircle.findIndex((other) => reach(node, other) && reach(other, node)) === index)
    .map((first) => inCircle.filter((node) => reach(first, node) && reach(node, first)))
}

/** All nodes that can be reached from one, over at least one edge. */
function reachedFrom(start, targets) {
  const found = new Set()
  const waiting = [start]
  for (const node of waiting) {
    const next = (targets.get(node) ?? []).filter((target) => !found.has(target))
    for (const target of next) found.add(target)
    waiting.push(...next)
  }
  return found
}
