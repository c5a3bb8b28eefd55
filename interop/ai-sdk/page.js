// A page with `useChat`. The bundler replaces `ui:react` and `ui:ai` with the packages of one major version.

import { DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses } from 'ui:ai'
import { useChat } from 'ui:react'
import { createElement as h, useState } from 'react'
import { createRoot } from 'react-dom/client'

const { chatId, messages: initial } = JSON.parse(document.getElementById('start')?.textContent ?? '{}')

function Page() {
  const [draft, setDraft] = useState('')
  // region chat
  const chat = useChat({
    id: chatId,
    messages: initial, // those of GET /api/chat/:id
    resume: true, // shows the run that is at work, or waits for somebody
    transport: new DefaultChatTransport({
      api: '/api/chat',
      // The server has the conversation, so the newest message is enough.
      prepareSendMessagesRequest: ({ id, messages, trigger, messageId, body }) => ({
        body: { ...body, id, messages: messages.slice(-1), trigger, messageId },
      }),
    }),
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses, // version 5 has none
  })
  // endregion
  const send = (text) => {
    void chat.sendMessage({ text })
    setDraft('')
  }
  // region stop
  const stop = () => void fetch(`/api/chat/${chatId}/stop`, { method: 'POST' })
  // endregion
  // region answer
  const answer = (questionId, value) => void chat.sendMessage(undefined, { body: { answers: { [questionId]: value } } })
  // endregion
  return h(
    'main',
    null,
    h('p', { role: 'status' }, chat.status),
    chat.error && h('p', { role: 'alert' }, chat.error.message),
    chat.messages.map((message) =>
      h(
        'article',
        { key: message.id, 'aria-label': message.role },
        message.parts.map((part, index) => showPart(part, { index, chat, answer })),
      ),
    ),
    h('input', { 'aria-label': 'Message', value: draft, onChange: (event) => setDraft(event.target.value) }),
    h('button', { type: 'button', onClick: () => send(draft) }, 'Send'),
    h('button', { type: 'button', onClick: stop }, 'Stop'),
  )
}

function showPart(part, { index, chat, answer }) {
  if (part.type === 'text') return h('p', { key: index, className: 'text' }, part.text)
  if (part.type === 'reasoning') return h('p', { key: index, className: 'reasoning' }, part.text)
  if (part.type === 'dynamic-tool')
    return h('section', { key: index, 'aria-label': part.toolName }, h('code', null, part.state), showResult(part), showApproval(part, chat))
  if (part.type === 'data-approval' && part.data.status === 'open')
    return h('fieldset', { key: index }, ...choices((approve) => answer(part.data.questionId, { approve })))
  return null
}

function showResult({ output, errorText }) {
  return h('output', null, output ?? errorText ?? '')
}

function showApproval({ state, approval }, chat) {
  if (state !== 'approval-requested') return null
  // region approve
  const decide = (approved) => void chat.addToolApprovalResponse({ id: approval.id, approved })
  // endregion
  return h('fieldset', null, ...choices(decide))
}

function choices(decide) {
  return [
    h('button', { type: 'button', key: 'yes', onClick: () => decide(true) }, 'Approve'),
    h('button', { type: 'button', key: 'no', onClick: () => decide(false) }, 'Deny'),
  ]
}

createRoot(document.getElementById('root')).render(h(Page))
