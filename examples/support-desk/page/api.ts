import { type Client, connect } from '@capstan/server/client'

export interface Person {
  readonly id: string
  readonly name: string
  readonly role: 'customer' | 'supervisor'
}

/** A run in the list of the staff. */
export interface StaffRun {
  readonly runId: string
  readonly customer: string
  readonly status: string
  readonly beganAt: number
  readonly hasTrace: boolean
}

/** The routes of the agents. The cookie of the login is sent by the browser. */
export const agents: Client = connect({ url: '/api' })

/** Who is logged in; `undefined` for nobody. */
export async function readMe(): Promise<{ readonly me: Person | undefined; readonly people: readonly (Person & { readonly about: string })[] }> {
  return await call('GET', '/me')
}

export async function signIn(id: string): Promise<void> {
  await call('POST', '/login', { id })
}

export async function signOut(): Promise<void> {
  await call('POST', '/logout', {})
}

export async function staffRuns(): Promise<readonly StaffRun[]> {
  return await call('GET', '/staff/runs')
}

async function call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(path, body === undefined ? { method } : { method, headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Refusal(response.status)
  return response.json()
}

/** An answer of the desk's own routes that is not a success. Those of the agents are a `ServerError`. */
export class Refusal extends Error {
  readonly status: number

  constructor(status: number) {
    super(`The desk answered ${status}.`)
    this.status = status
  }
}
