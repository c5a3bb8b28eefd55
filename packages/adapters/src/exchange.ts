// What a model needs to send and to read: it loads with the first request, not with the import of this package.
export { readAnswer } from './read-answer.ts'
export { send } from './send.ts'
