import { expect, test } from 'vitest'
import { metricOf } from './metric.ts'
import { judge } from './targets.ts'

const times = (count: number, value: number) => Array.from({ length: count }, () => value)

function ratioOf(key: string, rounds: readonly number[]) {
  const samples = new Map([
    ['raw', times(rounds.length, 10)],
    ['capstan', rounds],
  ])
  return metricOf(samples, { key, title: key, unit: 'ms', value: (value: number) => value })
}

test('a wide target is judged by the median of the pairs', () => {
  const metrics = [ratioOf('plain', [...times(12, 14), ...times(8, 20)])]
  expect(judge({ id: 's1', metrics, isQuick: false })).toMatchObject([{ found: 1.4, isMet: true, isProven: true }])
})

test('a close target is judged by the upper end of the interval', () => {
  const metrics = [ratioOf('paced', [...times(12, 11), ...times(8, 13)])]
  expect(judge({ id: 's2', metrics, isQuick: false })).toMatchObject([{ found: 1.3, isMet: false, isProven: true }])
})

test('a close target proves nothing with few rounds, nor does a quick run', () => {
  const metrics = [ratioOf('paced', times(10, 10))]
  expect(judge({ id: 's2', metrics, isQuick: false })).toMatchObject([{ isMet: true, isProven: false }])
  expect(judge({ id: 's1', metrics: [ratioOf('plain', times(20, 10))], isQuick: true })).toMatchObject([{ isMet: true, isProven: false }])
})

test('what was not measured is not judged', () => {
  expect(judge({ id: 's1', metrics: [], isQuick: false })).toEqual([])
})
