import { chat } from '../../../../../agents.js'

export const { GET } = chat
