import { mention, type Receiver, type StandIn } from './stand-in.ts'

/** Plays a conversation in a channel, and prints it. */
export async function playWebhook(receiver: Receiver, slack: StandIn): Promise<void> {
  let printed = 0
  const shown = async (user: string, text: string, until: RegExp): Promise<string> => {
    console.log(`<${user}> @bot ${text}`)
    const { status } = await mention(receiver, text, { user })
    const { text: answer } = await slack.reads(until)
    for (const { text: line } of slack.posted.slice(printed)) console.log(`<bot> ${line.replaceAll('\n', '\n      ')}`)
    printed = slack.posted.length
    console.log(`      (the event was answered with status ${status})`)
    return answer
  }
  await shown('U2ann', 'What is 17% of 2,340?', /397\.8/)
  await shown('U2ann', 'Is db-1 up?', /db-1: /)
  const question = await shown('U3bob', 'Please restart db-1', /Write: yes/)
  const [, id = ''] = /yes ([0-9a-f]+)/.exec(question) ?? []
  await shown('U3bob', `yes ${id}`, /Only|only/)
  await shown('U2ann', `yes ${id}`, /was restarted/)
  await shown('U2ann', '!status', /idle/)
}
