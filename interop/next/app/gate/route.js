import { clerk } from '../../agents.js'

export function POST() {
  clerk.gate.open()
  return new Response('open')
}
