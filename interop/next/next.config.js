import { fileURLToPath } from 'node:url'

/** @type {import('next').NextConfig} */
export default {
  // The agent and the packages are outside of this folder.
  turbopack: { root: fileURLToPath(new URL('../..', import.meta.url)) },
  // Agents load parts of themselves while they run, so the packages stay as they are.
  serverExternalPackages: ['@capstan/core', '@capstan/durable', '@capstan/server'],
}
