import { type Exec, LIMIT, succeeded } from './exec.ts'
import type { Git, Submodule, Submodules } from './git.ts'
import { gitWords } from './git-words.ts'

type Input = Parameters<Git['submodules']>[0]

const FILE = '.gitmodules'
const KEYS = '^submodule\\..*\\.(path|url)$'
const MOST_BYTES = 1024 ** 2
const MOST_MODULES = 64
const MOST_NAME = 500
const FILE_ROW = /^100(?:644|755) blob /
const LINK_ROW = /^160000 commit ([0-9a-f]+)\t(.*)$/s
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const NO_TEXT = /[\u0000-\u001f\u007f\ufffd]/

type Row = { readonly name: string; path?: string; url?: string }

/** Rows of `git config --null`. Of two lines for one thing git takes the first. */
const parseRows = (text: string): readonly Row[] => {
  const rows = new Map<string, Row>()
  for (const line of text.split('\0').filter(Boolean)) {
    const end = line.indexOf('\n')
    if (end < 0) continue
    const key = line.slice(0, end)
    const last = key.lastIndexOf('.')
    const name = key.slice('submodule.'.length, last)
    const row: Row = rows.get(name) ?? { name }
    if (key.slice(last + 1) === 'path') row.path ??= line.slice(end + 1)
    else row.url ??= line.slice(end + 1)
    rows.set(name, row)
  }
  return [...rows.values()]
}

/** A path of the work tree, or a name that becomes one in its repository. */
const problemOf = (text: string): string | undefined => {
  if (text.length > MOST_NAME || NO_TEXT.test(text)) return 'is no text of at most 500 characters'
  if (text.startsWith('-')) return 'begins with a dash, like an option'
  const parts = text.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'has an empty, a . or a .. part'
  return parts.some((part) => /^(\.git|git~\d+)[. ]*$/i.test(part)) ? 'has a part that is .git' : undefined
}

/** The repository of a submodule lies at its name, so no name may lie in that of another one. */
const isInside = (name: string, names: readonly string[]): boolean =>
  names.some((other) => name.toLowerCase().startsWith(`${other.toLowerCase()}/`))

const judge = (row: Row, names: readonly string[]): string | undefined => {
  const path = problemOf(row.path ?? '')
  if (path !== undefined) return `its path ${path}`
  const name = problemOf(row.name)
  if (name !== undefined) return `its name ${name}`
  return isInside(row.name, names) ? 'its name lies in that of another submodule' : undefined
}

const shown = (text: string): string => JSON.stringify(text.slice(0, MOST_NAME)).slice(1, -1)

/** Reads `.gitmodules` of a commit as data: `update`, and whatever else it says, counts for nothing. */
export const listSubmodules =
  (exec: Exec) =>
  async ({ repository, commit, signal }: Input): Promise<Submodules> => {
    const options = { limitMs: LIMIT.local, maxBytes: MOST_BYTES, ...(signal && { signal }) }
    const run = (args: readonly string[]) => exec(['--literal-pathspecs', '--git-dir', repository, ...args], options)
    const list = (paths: readonly string[]) => run(['ls-tree', '--full-tree', '-z', commit, '--', ...paths])
    const file = await list([FILE])
    if (!FILE_ROW.test(file.stdout.toString())) return { modules: [], left: [] }
    const read = await run(['config', '--blob', `${commit}:${FILE}`, '--null', '--get-regexp', KEYS])
    if (!succeeded(read)) {
      const isEmpty = read.end === 'exit' && read.code === 1 && read.stderr === ''
      return { modules: [], left: isEmpty ? [] : [{ path: FILE, why: gitWords(read) }] }
    }
    const rows = parseRows(read.stdout.toString()).filter(({ path, url }) => path !== undefined && url !== undefined)
    const names = rows.map(({ name }) => name)
    const problems = rows.map((row) => judge(row, names))
    const good = rows.filter((_, at) => problems[at] === undefined)
    const left = rows.flatMap((row, at) => {
      const why = problems[at]
      return why === undefined ? [] : [{ path: shown(row.path ?? ''), why }]
    })
    const taken = good.slice(0, MOST_MODULES)
    const more = good.length - taken.length
    if (more > 0) left.push({ path: FILE, why: `it names ${more} submodules more than ${MOST_MODULES}` })
    if (taken.length === 0) return { modules: [], left }
    const links = await list(taken.map(({ path = '' }) => path))
    const shas = new Map(
      links.stdout
        .toString()
        .split('\0')
        .flatMap((line) => {
          const [, sha, path] = LINK_ROW.exec(line) ?? []
          return sha === undefined || path === undefined ? [] : [[path, sha] as const]
        }),
    )
    const modules = taken.flatMap(({ name, path = '', url = '' }): Submodule[] => {
      const sha = shas.get(path)
      // A line may outlive its submodule.
      return sha === undefined ? [] : [{ path, name, url, sha }]
    })
    return { modules, left }
  }
