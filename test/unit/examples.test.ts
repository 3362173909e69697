import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { declarationFile, declarations } from '../../scripts/declarations.ts'

const ROOT = join(import.meta.dirname, '../..')
/** What the author of a provider or of an engine imports. */
const PORTS = ['src/providers/provider.ts', 'src/domain/command-provider.ts', 'src/engines/engine.ts']

type Documented = { readonly name: string; readonly example: string | undefined }

/** Each export of a file, and the example of its doc comment. */
const exportsOf = (path: string): readonly Documented[] => {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const found = text.matchAll(/^(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?export (?:const|type|interface) (\w+)/gm)
  return [...found].map(([, comment = '', name = '']) => ({
    name,
    example: /@example\n \* ```ts\n([\s\S]*?) \* ```/.exec(comment)?.[1]?.replace(/^ \* ?/gm, ''),
  }))
}

/** What the compiler says of examples, each a file beside the one that it explains. */
const faultsOf = (files: ReadonlyMap<string, string>, more: ts.CompilerOptions = {}): readonly string[] => {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    ROOT,
  )
  // An example uses some of what is imported, and is not used itself.
  const loose = { ...options, ...more, noUnusedLocals: false, verbatimModuleSyntax: false }
  const host = ts.createCompilerHost(loose)
  const { fileExists, readFile } = host
  host.fileExists = (path) => files.has(path) || fileExists(path)
  host.readFile = (path) => files.get(path) ?? readFile(path)
  const program = ts.createProgram([...files.keys()], loose, host)
  return [...files.keys()].flatMap((path) => {
    const file = program.getSourceFile(path)
    const faults = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    return faults.map(({ messageText }) => `${basename(path)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
  })
}

/** Types that examples use and another file exports. */
const ELSEWHERE = "import type { ContainerSpec } from '../domain/container-spec.ts'\n"

describe('what a provider or an engine is written with', () => {
  test.each(PORTS)('%s: each export has an example', (path) => {
    expect(exportsOf(path).filter(({ example }) => example === undefined)).toEqual([])
  })

  test('each example compiles', () => {
    const files = PORTS.flatMap((path) => {
      const all = exportsOf(path)
      const imports = `import { ${all.map(({ name }) => name).join(', ')} } from './${basename(path)}'\n`
      return all.map(({ name, example = '' }): [string, string] => [
        join(ROOT, dirname(path), `example-${name}.ts`),
        `${ELSEWHERE}${imports}${example}\nexport {}\n`,
      ])
    })
    expect(files.length).toBeGreaterThan(20)
    expect(faultsOf(new Map(files))).toEqual([])
  })
})

describe('what a program is written with that uses the library', () => {
  const all = declarations(ROOT)
  const exported = all.filter((one) => one.exported)

  test('each export has a sentence and an example', () => {
    expect(exported.map(({ name }) => name)).toEqual(expect.arrayContaining(['berth', 'BerthError', 'Task', 'Event']))
    expect(exported.flatMap(({ name, doc, example }) => (doc === '' || example === '' ? [name] : []))).toEqual([])
  })

  test('the types stand alone, and each example compiles with them', () => {
    const types = join(ROOT, 'library-types.d.ts')
    const examples = exported.map(({ name, example }): [string, string] => [
      join(ROOT, `example-${name}.ts`),
      `import { ${exported.map((one) => one.name).join(', ')} } from 'berth-agents'\n${example}\nexport {}\n`,
    ])
    const wrong = join(ROOT, 'example-wrong.ts')
    const files = new Map([
      [types, declarationFile(ROOT)],
      ...examples,
      [wrong, "import { type LaunchOptions } from 'berth-agents'\nexport const x: LaunchOptions = { prompt: 1 }\n"],
    ])
    const faults = faultsOf(files, { skipLibCheck: false, paths: { 'berth-agents': [types] } })
    expect(faults).toEqual(["example-wrong.ts: Type 'number' is not assignable to type 'string'."])
  })
})
