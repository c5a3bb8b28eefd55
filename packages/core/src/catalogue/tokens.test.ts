import { describe, expect, test } from 'vitest'
import { piecesOf, termOf, wordsOf } from './tokens.ts'

const words = (text: string): readonly string[] => piecesOf(text).flatMap(wordsOf)

describe('words', () => {
  test.each([
    ['create_issue', 'create issue'],
    ['create-issue', 'create issue'],
    ['createIssue', 'create issue createissue'],
    ['GitHub', 'git hub github'],
    ['parseXMLFile', 'parse xml file parsexmlfile'],
    ['oauth2', 'oauth 2 oauth2'],
    ["what's new?", 'what s new'],
    ['', ''],
    ['!?…', ''],
  ])('%s is split at letter case, digits and punctuation', (text, expected) => {
    expect(words(text)).toEqual(expected.split(' ').filter(Boolean))
  })

  test.each([
    ['查天气', '查 查天 天 天气 气'],
    ['天', '天'],
    ['カレー', 'カ カレ レ レー ー'],
    ['날씨', '날 날씨 씨'],
    ['查询GitHub仓库', '查 查询 询 git hub github 仓 仓库 库'],
    ['𠮷野', '𠮷 𠮷野 野'],
  ])('%s counts by single signs and pairs', (text, expected) => {
    expect(words(text)).toEqual(expected.split(' '))
  })

  test.each([
    ['อากาศ', 'อา าก กา าศ'],
    ['ກ', 'ກ'],
  ])('%s, written without spaces in letters, counts by pairs', (text, expected) => {
    expect(words(text)).toEqual(expected.split(' '))
  })

  test.each([
    ['Прогноз ПОГОДЫ', ['прогноз', 'погоды']],
    ['الطَّقْس', ['الطقس']],
    ['Météo à İstanbul', ['meteo', 'a', 'istanbul']],
    ['हिन्दी में', ['हिन्दी', 'में']],
    ['Ｗｅａｔｈｅｒ ﬁle ｶﾅ', ['weather', 'file', 'カ', 'カナ', 'ナ']],
    ['e\u0301te\u0301', ['ete']],
  ])('%s is one word for each word, without accents and in one form', (text, expected) => {
    expect(words(text)).toEqual(expected)
  })

  test('half of a surrogate pair is skipped', () => {
    expect(words('a\uD842b \uDFB7')).toEqual(['a', 'b'])
  })

  test('a very long word is cut, and text of any kind is read in proportion to its length', () => {
    expect(words('x'.repeat(1_000_000))).toEqual(['x'.repeat(40)])
    for (const unit of ['A', 'aB', 'y', '1a', '天', 'é', 'Ａ', '\u0301', 'ก', '_']) expect(words(unit.repeat(100_000)).length).toBeLessThan(400_000)
  })
})

test('English words count by their stem, other words by themselves', () => {
  expect(['issues', 'issue', 'creating', 'created', 'погоды', 'été', '2'].map(termOf)).toEqual(['issu', 'issu', 'creat', 'creat', 'погоды', 'été', '2'])
})
