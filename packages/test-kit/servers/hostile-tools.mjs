/** Definitions that break a rule, and one that has a bad pattern. */
export function hostileTools() {
  // Each definition refers to the next one twice.
  const doubling = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`d${index}`, { allOf: [next(index), next(index)] }]))
  const tool = (name, inputSchema, more = {}) => ({ name, description: `Tool ${name}.`, inputSchema, ...more })
  return [
    tool('slow_pattern', { type: 'object', properties: { text: { type: 'string', pattern: '^(a+)+$' } } }),
    // The server writes an object of 20,000 levels for it.
    tool('deep', { type: 'object', properties: { a: 'DEEP' } }),
    tool('remote', { type: 'object', properties: { a: { $ref: 'http://127.0.0.1:1/schema.json' } } }),
    tool('doubling', { $defs: { ...doubling, d40: { type: 'string' } }, allOf: [{ $ref: '#/$defs/d0' }] }),
    tool('large', { type: 'object', properties: Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`p${index}`, { type: 'string' }])) }),
    tool('circle', { $ref: '#' }),
    tool('text', { type: 'string' }),
    tool('no_schema', undefined),
    { description: 'Without a name.', inputSchema: { type: 'object' } },
    tool(7, { type: 'object' }),
    tool(
      '\u001b[31mred\u001b[0m',
      { type: 'object', properties: { a: { type: 'string', description: 'A\u202e\u001b[2J text.' } } },
      { description: '\u001b]0;title\u0007Red\u{e0041} tool.' },
    ),
    tool('__proto__', { type: 'object' }),
    tool('echo', { type: 'object' }),
    null,
    'text',
  ]
}

function next(index) {
  return { $ref: `#/$defs/d${index + 1}` }
}
