// Names that fragments of Markdown pages use, and that a program of a reader has.
declare const agent: import('capstan').Agent
declare const model: import('capstan').Model
declare const journal: import('capstan').Journal & ReturnType<typeof import('capstan').fileJournal>
declare const sessions: import('capstan').SessionStore
declare const session: import('capstan').Session
declare const run: import('capstan').Run
declare const runs: Iterable<import('capstan').Run>
declare const runId: string
declare const questionId: string
declare const answers: NonNullable<import('capstan').ResumeOptions<unknown>['answers']>
declare const messages: readonly import('capstan').Message[]
declare const view: readonly import('capstan').Message[]
declare const input: string
declare const text: string
declare const token: string
declare const context: unknown
declare const event: { readonly id: string }
declare const tools: readonly import('capstan').Tool[]
declare const getWeather: import('capstan').Tool
declare const payInvoice: import('capstan').Tool
declare const lookUpOrder: import('capstan').Tool
declare const refund: import('capstan').Tool
declare const search: import('capstan').Tool
declare const publish: import('capstan').Tool
declare const crmTools: readonly import('capstan').Tool[]
declare const mailTools: readonly import('capstan').Tool[]
declare const stockTools: readonly import('capstan').Tool[]
declare const bank: { pay(invoice: string, amount: number, key: string): Promise<string> }
declare const embeddings: { nearest(...given: readonly unknown[]): Promise<readonly string[]> }
declare const fetchWeather: (city: string, signal: AbortSignal) => Promise<string>
declare const userOf: (request: Request) => { readonly id: string } | undefined
declare const show: (...shown: readonly unknown[]) => void
declare const send: (...sent: readonly unknown[]) => void
declare const log: (...logged: readonly unknown[]) => void
declare const ingress: string
declare const headers: Readonly<Record<string, string>>
declare const systemDatabaseUrl: string
declare const support: import('capstan').Agent
declare const server: import('@capstan/server').AgentServer
declare const showOffline: (isOffline?: unknown) => void
