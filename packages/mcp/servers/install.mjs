// Installs the reference servers and the conformance suite of MCP into this folder, once, and prints the path of the folder. Without a
// network: a reason, and status 1.
import { fileURLToPath } from 'node:url'
import { installAlone } from '../../../scripts/install-alone.mjs'

const folder = fileURLToPath(new URL('.', import.meta.url))

installAlone(folder, 'The reference servers of MCP')
process.stdout.write(folder)
