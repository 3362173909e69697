import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

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
const faultsOf = (files: ReadonlyMap<string, string>): readonly string[] => {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    ROOT,
  )
  // An example uses some of what is imported, and is not used itself.
  const loose = { ...options, noUnusedLocals: false, verbatimModuleSyntax: false }
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
