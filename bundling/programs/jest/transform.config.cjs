// region transform
// jest.config.cjs
module.exports = {
  transform: { '^.+\\.m?[tj]s$': ['@swc/jest', { module: { type: 'commonjs' } }] },
  transformIgnorePatterns: ['/node_modules/(?!(?:capstan|@capstan|p-retry|is-network-error)/)'],
}
// endregion
