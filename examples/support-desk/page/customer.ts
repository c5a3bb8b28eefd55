import { agents, type Person } from './api.ts'
import { Chat } from './chat.ts'
import { el } from './dom.ts'
import { showTime, visible } from './format.ts'
import { Shell } from './shell.ts'
import { turnsOf } from './turns.ts'

/** The page of a customer: conversations, and the one that is open. Its name is in the address, so a reload opens it again. */
export function customerPage(me: Person): HTMLElement {
  const list = el('ul')
  const action = el('button', { class: 'button wide', type: 'button', click: () => begin() }, 'New conversation')
  const shell = new Shell({ me, action, list: el('nav', { 'aria-label': 'Conversations' }, el('h2', {}, 'Conversations'), list) })
  let chat: Chat | undefined

  const begin = (): void => open(crypto.randomUUID(), true)
  const open = (session: string, isNew = false): void => {
    location.hash = session
    chat?.close()
    chat = new Chat({ session, isNew, onSaid: (text) => remember(session, text) })
    shell.show(chat.element)
    void chat.open()
    void showList()
  }
  const remember = (session: string, text: string): void => {
    if (localStorage.getItem(`title ${session}`) === null) localStorage.setItem(`title ${session}`, text.slice(0, 80))
    void showList()
  }
  /** Of a conversation that began in another browser. */
  const findTitle = async (session: string): Promise<void> => {
    const { messages } = await agents.session(session)
    const [first] = turnsOf(messages)
    if (first !== undefined) remember(session, first.said)
  }
  const showList = async (): Promise<void> => {
    // The list is an extra: without it the conversation works, and says what is wrong.
    const sessions = await agents.sessions().catch(() => [])
    const buttons = sessions.map(({ session, changedAt }) =>
      el(
        'button',
        { type: 'button', 'aria-current': session === location.hash.slice(1) && 'true', click: () => open(session) },
        visible(localStorage.getItem(`title ${session}`) ?? showTime(changedAt)),
      ),
    )
    for (const { session } of sessions) if (localStorage.getItem(`title ${session}`) === null) void findTitle(session)
    list.replaceChildren(...buttons.map((button) => el('li', {}, button)))
  }

  if (/^#[\w-]{1,100}$/.test(location.hash)) open(location.hash.slice(1))
  else begin()
  return shell.element
}
