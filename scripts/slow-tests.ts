// node scripts/slow-tests.ts REPORT...: the 20 slowest files of vitest JSON reports, as a table. `make test` keeps its
// reports in the folder that BERTH_TEST_REPORTS names.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

type Report = { readonly testResults: readonly { readonly name: string; startTime: number; endTime: number }[] }

const files = process.argv
  .slice(2)
  .flatMap((path) => (JSON.parse(readFileSync(path, 'utf8')) as Report).testResults)
  .map(({ name, startTime, endTime }) => ({
    name: name.replace(/^.*?\/(?=(src|test)\/)/, ''),
    s: (endTime - startTime) / 1000,
  }))
  .toSorted((a, b) => b.s - a.s)

process.stdout.write('| File | Seconds |\n| --- | ---: |\n')
for (const { name, s } of files.slice(0, 20))
  process.stdout.write(`| \`${relative('.', name)}\` | ${Math.round(s)} |\n`)
