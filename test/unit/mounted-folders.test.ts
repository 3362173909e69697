import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')
/** Rooms whose code runs on the host beside tasks. */
const FILES = globSync('src/{api,app,engines,git,launch,server,store}/**/*.ts', { cwd: ROOT })
  .filter((file) => !file.endsWith('.test.ts'))
  .toSorted()

const IMPORT = /^import (?!type)\{([^}]*)\} from '([^']+)'/gm
/** What reads, moves or removes in trees that may be a stranger's. */
const TOOLS =
  /\/(std\/(clean-home|folder-handle|mounted-folder|read-home-file|remove-tree|take-file|tree-bytes)|work-folder)\.ts$/
const SYSTEM = /^node:fs(\/promises)?$/
/** Ways to all calls at once, none of which the table could name. */
const UNNAMED = /import (?:\w+|\* as \w+) from 'node:fs|(?:\bimport|getBuiltinModule)\(\s*['"`](?:node:)?fs\b/
/** A folder that is mounted into a container, by its name in a plan or as a variable. */
const MOUNTED =
  /folders\.(workspace|home|exchange)\b|[{,]\s*(workspace|home|exchange)\b\s*[,}]|\$\{(workspace|home|exchange)\}|\/exchange\b|rebaseExchange/

const callsOf = (text: string): readonly string[] => {
  const imports = [...text.matchAll(IMPORT)].map(([, names = '', from = '']) => ({ names, from }))
  const tools = imports.filter(({ from }) => TOOLS.test(from))
  const system = imports.filter(({ from }) => SYSTEM.test(from))
  if (tools.length === 0 && !(system.length > 0 && MOUNTED.test(text))) return []
  return [...tools, ...system]
    .flatMap(({ names }) => names.split(','))
    .map((name) => name.trim().replace(/ as .*/, ''))
    .filter((name) => name !== '' && !/^type |^[A-Z]|^constants$|^codeOf$/.test(name))
    .toSorted()
}

/** Rows of the table in docs/security.md: a file, its calls, and why that is safe. */
const rows = (): readonly (readonly [string, string])[] => {
  const page = readFileSync(join(ROOT, 'docs/security.md'), 'utf8')
  const part = /^## What the host does in mounted folders\n((?:.|\n)*?)^## /m.exec(page)?.[1] ?? ''
  return [...part.matchAll(/^\| `(src\/[^`]+)` \| ([^|]+) \| [^|]{10,} \|$/gm)].map(([, file = '', calls = '']) => [
    file,
    calls.replaceAll('`', '').trim(),
  ])
}

test('each call of the host below a mounted folder stands in the table of docs/security.md, with its reason', () => {
  const found = FILES.flatMap((file) => {
    const calls = callsOf(readFileSync(join(ROOT, file), 'utf8'))
    return calls.length === 0 ? [] : [[file, calls.join(', ')]]
  })
  expect(found.length).toBeGreaterThan(10)
  expect(rows().toSorted()).toEqual(found)
})

test('calls of the file system are imported by name, so that the table can have them', () => {
  expect(FILES.filter((file) => UNNAMED.test(readFileSync(join(ROOT, file), 'utf8')))).toEqual([])
  for (const text of ["import fs from 'node:fs'", "import * as fs from 'node:fs/promises'", "await import('node:fs')"])
    expect(text).toMatch(UNNAMED)
  expect("import { lstatSync } from 'node:fs'").not.toMatch(UNNAMED)
})
