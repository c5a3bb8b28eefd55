import type { JsonObject, Tool } from '@capstan/core'
import { tool } from '@capstan/tools'

interface OfficeTool {
  readonly returns?: 'untrusted' | 'secret'
  readonly reaches?: readonly string[]
  /** The fields that are targets. */
  readonly targets?: readonly string[]
}

/** The tools of an office, by what they are for. */
export type OfficeToolName =
  | 'fetch_page'
  | 'search_web'
  | 'read_file'
  | 'write_file'
  | 'delete_file'
  | 'run_program'
  | 'query_orders'
  | 'query_customer'
  | 'read_handbook'
  | 'read_calendar'
  | 'read_salaries'
  | 'read_inbox'
  | 'read_ticket'
  | 'read_chat'
  | 'read_upload'
  | 'read_issue'
  | 'send_mail'
  | 'post_message'
  | 'add_event'
  | 'pay_invoice'
  | 'refund'
  | 'update_ticket'
  | 'draft_reply'
  | 'label_ticket'

/** Tools of an office, declared as their owners would: what others write is untrusted; what leaves, pays, changes or executes something says so. */
const declarations: Readonly<Record<OfficeToolName, OfficeTool>> = {
  // As the stock tools and servers are declared by default.
  fetch_page: { returns: 'untrusted', reaches: ['external'], targets: ['host'] },
  search_web: { returns: 'untrusted', reaches: ['external'] },
  read_file: {},
  write_file: { reaches: ['write'], targets: ['path'] },
  delete_file: { reaches: ['write'], targets: ['path'] },
  run_program: { returns: 'untrusted', reaches: ['code'] },
  // Of the company itself.
  query_orders: {},
  query_customer: {},
  read_handbook: {},
  read_calendar: {},
  read_salaries: { returns: 'secret' },
  // What others write.
  read_inbox: { returns: 'untrusted' },
  read_ticket: { returns: 'untrusted' },
  read_chat: { returns: 'untrusted' },
  read_upload: { returns: 'untrusted' },
  read_issue: { returns: 'untrusted' },
  // What reaches somebody or something.
  send_mail: { reaches: ['external'], targets: ['to'] },
  post_message: { reaches: ['external'], targets: ['channel'] },
  add_event: { reaches: ['external'], targets: ['guest'] },
  pay_invoice: { reaches: ['money'], targets: ['account'] },
  refund: { reaches: ['money'], targets: ['order'] },
  update_ticket: { reaches: ['write'], targets: ['ticket'] },
  draft_reply: {},
  label_ticket: {},
}

/** Makes all tools of the office. Any input is accepted. */
export function officeTools(): readonly Tool[] {
  return Object.entries<OfficeTool>(declarations).map(([name, { targets, ...flow }]) =>
    tool({
      name,
      description: `Does what its name says: ${name}.`,
      inputSchema: { type: 'object' },
      effect: 'read',
      ...flow,
      ...(targets !== undefined && { targets: (input) => targets.map((field) => String((input as JsonObject)[field])) }),
      execute: () => `The result of ${name}.`,
    }),
  )
}
