export { ProcessGroup } from './shell/process-group.ts'
