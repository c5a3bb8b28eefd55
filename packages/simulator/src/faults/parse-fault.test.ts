import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { faultHelp } from './fault-catalog.ts'
import { parseFault, parseFaultRule } from './parse-fault.ts'

describe('parseFault', () => {
  test.each([
    ['stall:first-event', { kind: 'stall', at: 'first-event' }],
    ['stall:mid-stream,keepAliveMs=300', { kind: 'stall', at: 'mid-stream', keepAliveMs: 300 }],
    ['status:429,retryAfter=1', { kind: 'status', status: 429, retryAfter: 1 }],
    ['status:503,retryAfter=date+2', { kind: 'status', status: 503, retryAfter: 'date+2' }],
    ['status:503,retryAfter=010', { kind: 'status', status: 503, retryAfter: '010' }],
    ['status:status=503', { kind: 'status', status: 503 }],
    ['reset:byte-12', { kind: 'reset', at: { bytes: 12 } }],
    ['close:event-3', { kind: 'close', at: { event: 3 } }],
    ['chunking:1+7+3', { kind: 'chunking', sizes: [1, 7, 3] }],
    ['no-finish:done=false', { kind: 'no-finish', done: false }],
    ['leaked-markup:deepseek-v3.2,into=reasoning', { kind: 'leaked-markup', grammar: 'deepseek-v3.2', into: 'reasoning' }],
    ['html', { kind: 'html' }],
    ['content-type:text/plain; charset=utf-8', { kind: 'content-type', value: 'text/plain; charset=utf-8' }],
  ])('reads %s', (text, fault) => {
    expect(parseFault(text)).toEqual(fault)
  })

  test('an unknown name lists those that are known', () => {
    expect(() => parseFault('stalll')).toThrow(/Unknown fault 'stalll'\. Known faults: .*stall:first-event/)
  })

  test('an unknown option lists those of the fault', () => {
    expect(() => parseFault('status:429,retry=1')).toThrow(
      "Fault 'status' does not understand 'retry=1': its options are status, retryAfter, retryAfterMs, shouldRetry, echoKey, message, type, code, as in 'status:429,retryAfter=1'",
    )
  })

  test('a position that does not exist lists the positions', () => {
    expect(() => parseFault('reset:somewhere')).toThrow(/one of before-headers, .*, byte-N, event-N/)
  })

  test('a missing option is named', () => {
    expect(() => parseFault('stall')).toThrow("Fault 'stall' needs `at`, as in 'stall:first-event,keepAliveMs=300'")
  })

  test('text in place of a number is refused', () => {
    expect(() => parseFault('status:many')).toThrow("'many' does not fit status:status: a number")
  })

  test.each(faultHelp.map((help) => [help.name, help.example]))('the example of %s can be read', (name, example) => {
    expect(parseFault(example).kind).toBe(name)
  })

  test.each([
    ['status:503,probability=0.2', { fault: { kind: 'status', status: 503 }, probability: 0.2 }],
    ['status:503,requests=1+3', { fault: { kind: 'status', status: 503 }, requests: [1, 3] }],
    ['hang-up:requests=first', { fault: { kind: 'hang-up' }, requests: 'first' }],
    ['stall:requests=2,at=mid-stream,probability=1', { fault: { kind: 'stall', at: 'mid-stream' }, requests: [2], probability: 1 }],
    ['html', { fault: { kind: 'html' } }],
  ])('%s is a rule', (text, rule) => {
    expect(parseFaultRule(text)).toEqual(rule)
  })

  test('a probability is a number from 0 to 1', () => {
    expect(() => parseFaultRule('html:probability=2')).toThrow('a number from 0 to 1')
  })
})

test('the page on the simulator lists every fault, and no other', () => {
  const page = readFileSync(new URL('../../../../docs/simulator.md', import.meta.url), 'utf8')
  const [, table = ''] = /\| on the command line \| what happens \|\n\|---\|---\|\n((?:\|.*\n)*)/.exec(page) ?? []
  expect(table).toBe(faultHelp.map(({ example, description }) => `| \`${example}\` | ${description} |\n`).join(''))
})
