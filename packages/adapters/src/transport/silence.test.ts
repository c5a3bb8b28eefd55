import { expect, test } from 'vitest'
import { defaultClocks } from '../profiles/plain.ts'
import { Silence } from './silence.ts'

test('nothing at all: the clock of the first content', () => {
  const silence = new Silence(defaultClocks)
  expect(silence.next()).toEqual({ clock: 'firstContentMs', code: 'first-content-timeout', phase: 'first', leftMs: 120_000 })
  silence.addWait(100_000)
  expect(silence.next().leftMs).toBe(20_000)
})

test('keep-alives: the shorter of the clocks of bytes and of the queue', () => {
  const silence = new Silence(defaultClocks)
  for (let beat = 0; beat < 58; beat++) {
    silence.addWait(10_000)
    silence.note('keep-alive')
    expect(silence.next().clock).toBe(beat < 54 ? 'bytesMs' : 'queuedMs')
  }
  expect(silence.next()).toMatchObject({ clock: 'queuedMs', code: 'first-content-timeout', leftMs: 20_000 })
})

test('an event without content, such as the role, begins the clock of the first content again, but not the queue', () => {
  const silence = new Silence(defaultClocks)
  silence.addWait(100_000)
  silence.note('event')
  expect(silence.next()).toMatchObject({ clock: 'firstContentMs', leftMs: 120_000 })
  for (let count = 0; count < 5; count++) {
    silence.addWait(90_000)
    silence.note('event')
  }
  expect(silence.next()).toMatchObject({ clock: 'queuedMs', leftMs: 50_000 })
})

test('content begins the gap clock; keep-alives and empty events do not begin it again', () => {
  const silence = new Silence(defaultClocks)
  silence.note('content')
  expect(silence.next()).toMatchObject({ clock: 'gapMs', code: 'stream-timeout', phase: 'stream', leftMs: 300_000 })
  silence.addWait(290_000)
  silence.note('event')
  expect(silence.next()).toMatchObject({ clock: 'gapMs', leftMs: 10_000 })
  silence.note('keep-alive')
  expect(silence.next()).toMatchObject({ clock: 'gapMs', leftMs: 10_000 })
  silence.note('content')
  expect(silence.next().leftMs).toBe(300_000)
})

test('after the finish reason the end of the stream is waited for 15 s', () => {
  const silence = new Silence(defaultClocks)
  silence.note('content')
  silence.addWait(100_000)
  silence.noteFinish()
  expect(silence.next()).toMatchObject({ clock: 'gapMs', phase: 'finish', leftMs: 15_000 })
})
