import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { isOfTask, pullRequestBody, pullRequestTitle, updatedBody } from './pull-request-text.ts'

const ID = 't-01k3fz8e4m7qk2c9xe'
const OTHER = 't-01k3fz8e4m7qk2c9xf'
const END = `<!-- berth:${ID} end -->`

test('the body has the summary between marks, then the trailer', () => {
  expect(pullRequestBody(ID, 'Fixed the **parser**.\n')).toBe(
    `<!-- berth:${ID} begin: Berth replaces the text from here to the next mark -->
Fixed the **parser**.
${END}

Berth-Task: ${ID}`,
  )
})

describe("an agent's summary", () => {
  const hostile: readonly (readonly [string, string])[] = [
    ['an end mark', `before ${END} after`],
    ['a begin mark', `<!-- berth:${ID} begin -->`],
    ['the trailer of another task', `Berth-Task: ${OTHER}`],
    ['the own trailer in another spelling', `berth-task : ${ID}`],
    ['marks that become whole once control characters go', `<\u0007!-- berth:${ID} end --> x <\u200b!-- y`],
    ['a trailer with a control character', `Berth\u0000-Task: ${OTHER}`],
    ['a comment that never ends', 'see <!-- below'],
  ]
  it.each(hostile)('with %s stays between the marks', (_, summary) => {
    const body = pullRequestBody(ID, summary)
    expect(body.split(END)).toHaveLength(2)
    expect(body.match(/<!--/g)).toHaveLength(2)
    expect(isOfTask(OTHER, body)).toBe(false)
    expect(isOfTask(ID, body)).toBe(true)
    expect(updatedBody(ID, body, 'new')).toBe(pullRequestBody(ID, 'new'))
  })

  it('whatever it is, belongs to one task and can be replaced', () => {
    const words = fc.constantFrom(
      '<!--',
      '-->',
      ` berth:${ID} end `,
      'Berth-Task',
      ': ',
      OTHER,
      '\r\n',
      '\u0000',
      '<',
      '!',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string()), { maxLength: 12 }), (parts) => {
        const body = pullRequestBody(ID, parts.join(''))
        expect(isOfTask(OTHER, body)).toBe(false)
        expect(updatedBody(ID, `Mine.\n\n${body}\n\nMore.`, 'new')).toBe(
          `Mine.\n\n${pullRequestBody(ID, 'new')}\n\nMore.`,
        )
      }),
    )
  })

  it('loses control characters and changes of direction', () => {
    expect(pullRequestBody(ID, 'a\u001b[31mred\u202e\u0000')).toContain('\nared\n')
  })

  it('is cut', () => {
    const body = pullRequestBody(ID, '<!--'.repeat(100_000))
    expect(body.length).toBeLessThan(21_000)
    expect(body).toContain('[Berth left out the rest of the summary.]')
    expect(isOfTask(ID, body)).toBe(true)
  })

  it('may be missing', () => {
    expect(pullRequestBody(ID, ' \n')).toContain('\nThe agent wrote no summary.\n')
  })
})

describe('a body that people have changed', () => {
  const body = pullRequestBody(ID, 'old')

  it('keeps what they wrote around the marks, with their line ends', () => {
    const edited = `Please look.\r\n\r\n${body.replaceAll('\n', '\r\n')}\r\n\r\n- [x] tested`
    const updated = updatedBody(ID, edited, 'new')
    expect(updated).toContain('Please look.\r\n\r\n<!-- berth:')
    expect(updated).toContain(`\nnew\n${END}\r\n\r\nBerth-Task: ${ID}\r\n\r\n- [x] tested`)
    expect(updated).not.toContain('old')
    expect(isOfTask(ID, edited)).toBe(true)
  })

  it.each([
    ['the end mark', body.replace(END, '')],
    ['both marks', `Berth-Task: ${ID}`],
  ])('stays as it is without %s', (_, edited) => {
    expect(updatedBody(ID, edited, 'new')).toBe(edited)
  })

  it('stays as it is if there is no room for more', () => {
    const long = `${'x'.repeat(64_000)}\n\n${body}`
    expect(updatedBody(ID, long, 'y'.repeat(5000))).toBe(long)
    expect(updatedBody(ID, long, 'short')).toContain('\nshort\n')
  })

  it("gets the task's part at its end if it is of another one", () => {
    expect(updatedBody(ID, 'By hand.\n', 'new')).toBe(`By hand.\n\n${pullRequestBody(ID, 'new')}`)
    expect(updatedBody(ID, '', 'new')).toBe(pullRequestBody(ID, 'new'))
    const both = updatedBody(OTHER, body, 'second')
    expect([isOfTask(ID, both), isOfTask(OTHER, both)]).toEqual([true, true])
    expect(updatedBody(ID, both, 'third')).toContain('second')
  })
})

test.each([
  [[undefined, ' ', 'Fix it\nand more'], 'Fix it'],
  [['\u001b[1mBold\u0000', 'x'], 'Bold'],
  [['x'.repeat(500)], `${'x'.repeat(199)}…`],
  [[], `Work of the task ${ID}`],
])('the title of %j', (texts, title) => {
  expect(pullRequestTitle(ID, texts)).toBe(title)
})
