import { chat } from '../../../../../agents.js'

export const { POST } = chat
