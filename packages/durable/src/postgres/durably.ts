// A server may be set to confirm what a crash of it can lose. Of a run nothing may be lost, least of all the number of an owner.

/** A part of `WITH` in a statement that writes: the statement is confirmed when it is on the disk of the server. */
export const durable: string =
  "durable AS MATERIALIZED (SELECT CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END AS setting)"

/** What the statement must select, so that the server evaluates that part. */
export const withDurable: string = '(SELECT setting FROM durable)'
