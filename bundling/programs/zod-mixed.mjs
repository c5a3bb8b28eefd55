// Schemas of five copies of zod in one program, and of the two other APIs that they have.

import { z as z3 } from 'other-zod-3'
import { z as z4In3 } from 'other-zod-3/v4'
import { z as z40 } from 'other-zod-4-0'
import { z as z41 } from 'other-zod-4-1'
import { z } from 'zod'
import * as mini from 'zod/mini'
import { checkSchemas, miniOrderOf, orderOf } from './zod-check.mjs'

const schemas = {
  in_3_25: orderOf(z3),
  in_4_of_3_25: orderOf(z4In3),
  in_4_0: orderOf(z40),
  in_4_1: orderOf(z41),
  in_4_6: orderOf(z),
  in_mini: miniOrderOf(mini),
}
await checkSchemas(schemas)
