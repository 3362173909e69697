// node scripts/sum-tests.ts REPORT EXIT_CODE NOTES: prints "PASSED FAILED" of a vitest JSON report and appends to the file
// NOTES a line for each test that was skipped or passed at its second try alone, and what each failed one says.
import { appendFileSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

type Report = {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages?: readonly string[]
    }[]
  }[]
}

const [path = '', code = '1', notes = ''] = process.argv.slice(2)
/** Characters of a failure's words: the last lines of a log are often all that is kept of it. */
const MAX_WORDS = 800
const note = (line: string): void => appendFileSync(notes, `${line}\n`)
const read = (): Report => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, testResults: [] }
  }
}

const report = read()
// A file that could not be loaded has no failed test of its own.
const broken = report.testResults.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
)
const failed = report.numFailedTests + broken.length
for (const file of report.testResults) {
  const where = basename(file.name)
  if (broken.includes(file)) note(`FAILED: ${where}: ${(file.message ?? '').slice(0, MAX_WORDS)}`)
  for (const test of file.assertionResults) {
    const words = test.failureMessages ?? []
    if (test.status === 'failed') note(`FAILED: ${where}: ${test.fullName}\n${words.join('\n').slice(0, MAX_WORDS)}`)
    else if (test.status !== 'passed') note(`left out: ${where}: ${test.fullName}`)
    else if (words.length > 0) note(`passed at the second try: ${where}: ${test.fullName}`)
  }
}
// The runner failed although no test did: an unhandled error, or it never came to its report.
const silent = code !== '0' && failed === 0 ? 1 : 0
if (silent > 0) note(`FAILED: ${basename(path, '.json')}: the runner ended with ${code} although no test failed`)
process.stdout.write(`${report.numPassedTests} ${failed + silent}\n`)
