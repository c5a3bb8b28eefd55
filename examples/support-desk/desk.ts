import { type AgentServer, agentServer, type Connection } from '@capstan/server'
import { type DeskAgentOptions, deskAgent } from './agent.ts'
import type { Login } from './login.ts'
import { listPeople, mayDecide, type Person, personOf } from './people.ts'
import { StaffRoutes } from './staff-routes.ts'
import { safeHeaders, staticFile } from './static-files.ts'
import type { Stores } from './store/open-store.ts'

interface DeskOptions extends Omit<DeskAgentOptions, 'store'> {
  readonly stores: Stores
  readonly login: Login
  /** The names under which the desk is reached. */
  readonly hosts: readonly string[]
}

const hourMs = 3_600_000
const maxLoginBytes = 1_000

/** The back end: one function from a request to a response, so it runs in `node:http` and in any framework. */
export class DeskApp {
  /** The routes of the agent, below `/api`. */
  readonly agents: AgentServer
  readonly #hosts: readonly string[]
  readonly #login: Login
  readonly #staff: StaffRoutes

  constructor({ stores, login, hosts, ...options }: DeskOptions) {
    this.#hosts = hosts
    this.#login = login
    this.#staff = new StaffRoutes({ journal: stores.journal, traces: options.traces })
    this.agents = agentServer({
      agents: {
        // A run that continues after a restart knows only the id of its customer.
        desk: {
          agent: deskAgent({ ...options, store: stores.desk }),
          context: ({ id }) => ({ customer: personOf(id) }),
          // So that one run does not reserve the complete budget.
          limits: () => ({ tokens: 60_000 }),
        },
      },
      journal: stores.journal,
      sessions: stores.sessions,
      basePath: '/api',
      hosts,
      authorize: (request) => this.#principalOf(request),
      mayDecide: ({ id }, { owner }) => mayDecide(personOf(id), owner),
      rate: { runsPerMinute: 20, runsAtOnce: 3 },
      budget: ({ id }) => ({ tokens: personOf(id)?.tokensPerHour ?? 0, perMs: hourMs }),
      onError: (error) => console.error(error),
    })
  }

  async answer(request: Request, connection: Connection): Promise<Response> {
    const { hostname, pathname } = new URL(request.url)
    if (pathname.startsWith('/api/')) return await this.agents.answer(request, connection)
    // A page of somebody else can let its own name point to this machine.
    if (!this.#hosts.includes(hostname)) return refusal(421, 'The desk is not reached under this name.')
    return (await this.#answer(request, pathname)) ?? refusal(404, 'Not found.')
  }

  async #answer(request: Request, path: string): Promise<Response | undefined> {
    if (request.method === 'POST') return await this.#changeLogin(request, path)
    if (request.method !== 'GET') return undefined
    if (path === '/me') return Response.json(this.#me(request), { headers: safeHeaders })
    if (path.startsWith('/staff/')) return await this.#answerStaff(request, path)
    return staticFile(path)
  }

  async #answerStaff(request: Request, path: string): Promise<Response | undefined> {
    const person = this.#personOf(request)
    if (person === undefined) return refusal(401, 'Sign in first.')
    // For a customer these routes do not exist.
    return person.role === 'supervisor' ? await this.#staff.answer(path) : undefined
  }

  async #changeLogin(request: Request, path: string): Promise<Response | undefined> {
    // Pages of other sites cannot send this type without asking first, and nobody would answer them.
    if (!request.headers.get('content-type')?.startsWith('application/json')) return refusal(415, 'Send JSON.')
    if (path === '/logout') return Response.json({}, { headers: { ...safeHeaders, 'set-cookie': this.#login.signOut() } })
    if (path !== '/login') return undefined
    // Nobody is known yet, so nothing large may be read into memory, and nothing that does not say how large it is.
    if (!(Number(request.headers.get('content-length') ?? Number.NaN) <= maxLoginBytes)) return refusal(413, 'Send less, with its length.')
    const { id } = (await request.json().catch(() => ({}))) as { readonly id?: unknown }
    const person = personOf(String(id))
    if (person === undefined) return refusal(400, 'There is no such person.')
    return Response.json({}, { headers: { ...safeHeaders, 'set-cookie': this.#login.signIn(person) } })
  }

  #me(request: Request): object {
    const shown = ({ id, name, role, about }: Person): object => ({ id, name, role, about })
    const me = this.#personOf(request)
    return { me: me && shown(me), people: listPeople().map(shown) }
  }

  #principalOf(request: Request): { readonly id: string } | undefined {
    const person = this.#personOf(request)
    return person && { id: person.id }
  }

  #personOf(request: Request): Person | undefined {
    return this.#login.personOf(request.headers.get('cookie'))
  }
}

function refusal(status: number, text: string): Response {
  return new Response(text, { status, headers: safeHeaders })
}
