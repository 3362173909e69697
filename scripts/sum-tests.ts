// node scripts/sum-tests.ts REPORT EXIT_CODE SKIPPED: prints "PASSED FAILED" of a vitest JSON report and appends what was
// skipped to the file SKIPPED. What passed at its second try alone is named on stderr.
import { appendFileSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

type Report = {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages?: readonly string[]
    }[]
  }[]
}

const [path = '', code = '1', skipped = ''] = process.argv.slice(2)
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
  for (const test of file.assertionResults) {
    if (test.status === 'passed' && (test.failureMessages ?? []).length > 0)
      process.stderr.write(`passed at the second try: ${basename(file.name)}: ${test.fullName}\n`)
    if (test.status !== 'passed' && test.status !== 'failed')
      appendFileSync(skipped, `${basename(file.name)}: ${test.fullName}\n`)
  }
}
// The runner failed although no test did: an unhandled error, or it never came to its report.
const silent = code !== '0' && failed === 0 ? 1 : 0
process.stdout.write(`${report.numPassedTests} ${failed + silent}\n`)
