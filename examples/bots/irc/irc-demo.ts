import { codeAt } from './one-time-codes.ts'
import { Person } from './person.ts'

/** Plays a conversation on the server, and prints what the channel reads. */
export async function playIrc(port: number, secret: string): Promise<void> {
  const [ann, mallory] = [await Person.join(port, 'ann', '#ops'), await Person.join(port, 'mallory', '#ops')]
  const shown = async (who: Person, text: string, until: RegExp): Promise<string> => {
    console.log(`<${who.nick}> ${text}`)
    who.say('#ops', text)
    const before = ann.lines.length
    const line = await ann.reads(until)
    for (const each of ann.lines.slice(before)) if (each.startsWith(':bot!')) console.log(`<bot> ${each.replace(/^\S+ PRIVMSG \S+ :?/, '')}`)
    return line
  }
  if (!ann.lines.some((line) => / 353 .*\bbot\b/.test(line))) await ann.reads(/:bot!.* JOIN/)
  await shown(ann, 'bot: What is 17% of 2,340?', /397\.8/)
  await shown(ann, 'bot: Is db-1 up?', /db-1: /)
  const question = await shown(ann, 'bot: Please restart db-1', /Write: yes/)
  const [, id = ''] = /yes ([0-9a-f]+)/.exec(question) ?? []
  await shown(mallory, `yes ${id}`, /only .* may decide/)
  // A code counts once, also when the demonstration is played twice in half a minute.
  const half = Math.floor(Date.now() / 30_000)
  for (const step of [half, half + 1, half - 1]) {
    if (/was restarted/.test(await shown(ann, `yes ${id} ${codeAt(secret, step)}`, /was restarted|ann: only/))) break
  }
  await shown(ann, '!status', /idle/)
  for (const person of [ann, mallory]) person.leave()
}
