import { expect, test } from 'vitest'
import { stageOn, stagesOf } from './containerfile.ts'

const TEXT = `# about all
ARG BASE=debian

# about one
FROM \${BASE} AS one
RUN first \\
 && second

# about two
FROM one AS two
COPY two/ /
`

test('a Containerfile has its stages, each without the comments around it', () => {
  expect(stagesOf(TEXT)).toEqual([
    { name: 'one', from: `\${BASE}`, body: 'RUN first \\\n && second\n' },
    { name: 'two', from: 'one', body: 'COPY two/ /\n' },
  ])
})

test('a stage stands alone on any image, with its labels', () => {
  const [, two] = stagesOf(TEXT)
  if (two === undefined) throw new Error('no second stage')
  expect(stageOn('berth-one:0123456789ab', two, { a: '1', 'b.c': 'x "y" $z \\' })).toBe(
    'FROM berth-one:0123456789ab\nCOPY two/ /\nLABEL a="1" b.c="x \\"y\\" \\$z \\\\"\n',
  )
})
