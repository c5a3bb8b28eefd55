// Runs before a package is packed or published. Only pnpm replaces `workspace:*` by a version and applies `publishConfig`.
const agent = process.env['npm_config_user_agent'] ?? ''
if (!agent.startsWith('pnpm/')) {
  const name = agent.split('/')[0] || 'this program'
  console.error(`${name} would pack dependencies as 'workspace:*', which nobody can install. Use \`pnpm pack\` or \`pnpm publish\`.`)
  process.exit(1)
}
await import('./bundle.mjs')
