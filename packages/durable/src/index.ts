export { type FileJournalOptions, fileJournal } from './file/file-journal.ts'
