/** The part of `node:sqlite` that is used here. The types of Node 20 do not have the module. */
interface RawDatabase {
  exec(sql: string): void
  prepare(sql: string): { all(): readonly Readonly<Record<string, string | number | null>>[] }
  close(): void
}

/** Makes a database from the SQL text that a release recorded. */
export function loadDatabase(path: string, sql: string): void {
  const database = openDatabase(path)
  // One transaction: a commit for each row would wait for the disk each time.
  database.exec(`BEGIN; ${sql} COMMIT;`)
  database.close()
}

/** The tables and rows of a database as SQL text, without what depends on the machine that wrote it: owners and times. */
export function dumpDatabase(path: string): string {
  const database = openDatabase(path)
  database.exec("UPDATE capstan_runs SET owner = '', lease_until = 0, changed_at = 1796083200000")
  const tables = database.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name").all()
  const lines = tables.flatMap(({ name, sql }) => [
    `${String(sql).replace(/\s+/g, ' ')};`,
    ...database
      .prepare(`SELECT * FROM ${name} ORDER BY rowid`)
      .all()
      .map((row) => `INSERT INTO ${name} VALUES (${Object.values(row).map(literal).join(', ')});`),
  ])
  database.close()
  return `${lines.join('\n')}\n`
}

function literal(value: string | number | null): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)
}

function openDatabase(path: string): RawDatabase {
  const sqlite: unknown = process.getBuiltinModule('node:sqlite')
  const { DatabaseSync } = sqlite as { readonly DatabaseSync: new (path: string) => RawDatabase }
  return new DatabaseSync(path)
}
