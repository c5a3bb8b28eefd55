// The zod that is installed, and no other.
import { z } from 'zod'
import { checkSchemas, orderOf } from './zod-check.mjs'

await checkSchemas({ order: orderOf(z) })
