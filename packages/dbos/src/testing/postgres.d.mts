export function postgresFolder(): string | undefined
export function startPostgres(): Promise<PostgresServer>
export interface PostgresServer {
  readonly urlOf: (database: string) => string
  readonly crash: () => Promise<void>
  readonly stop: () => Promise<void>
}
