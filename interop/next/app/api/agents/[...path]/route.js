import { server } from '../../../../agents.js'

export const GET = server.fetch
export const POST = server.fetch
export const DELETE = server.fetch
