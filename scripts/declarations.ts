// The types of the library: what src/index.ts exports, and what those types name, as one file without imports.
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'

export type Declaration = {
  readonly name: string
  readonly exported: boolean
  /** The file that it stands in. */
  readonly path: string
  /** The text of its doc comment, without the example. */
  readonly doc: string
  readonly example: string
  /** As TypeScript, with the comments of its members. */
  readonly text: string
}

/** A declaration as it stands in the types of its own file. */
type Found = { readonly file: ts.SourceFile; readonly statement: ts.Statement; readonly name: string }

const FLAGS =
  ts.TypeFormatFlags.NoTruncation |
  ts.TypeFormatFlags.InTypeAlias |
  ts.TypeFormatFlags.UseSingleQuotesForStringLiteralType

const openProgram = (root: string): ts.Program => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const types = { noEmit: false, declaration: true, emitDeclarationOnly: true, stripInternal: true }
  return ts.createProgram([join(root, 'src/index.ts')], { ...options, ...types })
}

const nameOf = (statement: ts.Statement): string | undefined => {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations[0]?.name.getText()
  if (ts.isTypeAliasDeclaration(statement) || ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement))
    return statement.name?.getText()
  return undefined
}

/** The types of each file of the program, made when they are asked for. */
const typesOf = (program: ts.Program) => {
  const made = new Map<string, ts.SourceFile>()
  return (path: string): ts.SourceFile => {
    const known = made.get(path)
    if (known !== undefined) return known
    let text = ''
    const take: ts.WriteFileCallback = (_, written) => {
      text = written
    }
    program.emit(program.getSourceFile(path), take, undefined, true)
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
    made.set(path, file)
    return file
  }
}

/** What an import or a re-export names. */
const namedBy = (statement: ts.ImportDeclaration | ts.ExportDeclaration): readonly string[] => {
  const named = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : statement.exportClause
  if (named === undefined) return []
  if (ts.isNamespaceImport(named) || ts.isNamespaceExport(named)) return [named.name.text]
  return named.elements.map(({ name }) => name.text)
}

/** The files, and packages, that names of a file are imported from. */
const importsOf = (file: ts.SourceFile): ReadonlyMap<string, string> => {
  const from = new Map<string, string>()
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue
    const { moduleSpecifier } = statement
    if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) continue
    const { text } = moduleSpecifier
    for (const name of namedBy(statement))
      from.set(name, text.startsWith('.') ? join(dirname(file.fileName), text) : text)
  }
  return from
}

/** The names of types in a piece of code; a value's type too, behind `typeof`. */
const namesIn = (node: ts.Node): { readonly types: ReadonlySet<string>; readonly values: ReadonlySet<string> } => {
  const types = new Set<string>()
  const values = new Set<string>()
  const visit = (one: ts.Node): void => {
    if (ts.isTypeReferenceNode(one)) types.add(one.typeName.getText().split('.')[0] ?? '')
    if (ts.isTypeQueryNode(one)) values.add(one.exprName.getText())
    if (ts.isImportTypeNode(one)) throw new Error(`${one.getText()}: give this type a name`)
    ts.forEachChild(one, visit)
  }
  visit(node)
  return { types, values }
}

/** Finds declarations and what they name. */
const finder = (program: ts.Program) => {
  const fileOf = typesOf(program)
  const checker = program.getTypeChecker()
  const find = (path: string, name: string): Found | undefined => {
    if (program.getSourceFile(path) === undefined) return undefined
    const file = fileOf(path)
    const statement = file.statements.find((one) => nameOf(one) === name)
    if (statement !== undefined) return { file, statement, name }
    const from = importsOf(file).get(name)
    return from === undefined ? undefined : find(from, name)
  }
  /** The type written out, of one that is computed from a value. */
  const writtenOut = ({ file, name }: Found): string => {
    const source = program.getSourceFile(file.fileName)
    const statement = source?.statements.find((one) => nameOf(one) === name)
    if (statement === undefined || !ts.isTypeAliasDeclaration(statement))
      throw new Error(`${name} is computed from a value and no type`)
    return `type ${name} = ${checker.typeToString(checker.getTypeAtLocation(statement), undefined, FLAGS)}`
  }
  return { fileOf, find, writtenOut }
}

const WIDTH = 120

/** Breaks a written-out type behind its parts. */
const folded = (text: string): string => {
  const lines: string[] = []
  let line = ''
  for (const part of text.split(/(?<=; | \| )/)) {
    if (line.length + part.trimEnd().length > WIDTH) {
      lines.push(line.trimEnd())
      line = '  '
    }
    line += part
  }
  return [...lines, line].join('\n')
}

/** A declaration as our formatter would have it, near enough. */
const tidy = (text: string): string =>
  text
    .replaceAll(/^ +/gm, (spaces) => ' '.repeat(Math.ceil(spaces.length / 2)))
    .replaceAll(/;$/gm, '')
    .trim()

const docOf = (statement: ts.Statement) => {
  const comment = ts.getJSDocCommentsAndTags(statement).find(ts.isJSDoc)
  const text = (part: string | ts.NodeArray<ts.JSDocComment> | undefined) => ts.getTextOfJSDocComment(part) ?? ''
  const example = comment?.tags?.find(({ tagName }) => tagName.text === 'example')
  return {
    doc: text(comment?.comment)
      .replaceAll(/\s*\n(?!\n)/g, ' ')
      .trim(),
    example: text(example?.comment).replaceAll(/^```ts\n|\n?```$/g, ''),
  }
}

/** All that a user of the library may write or be told, the exports first, in their order. */
export const declarations = (root: string): readonly Declaration[] => {
  const program = openProgram(root)
  const { fileOf, find, writtenOut } = finder(program)
  const index = join(root, 'src/index.ts')
  const names = [...importsOf(fileOf(index)).keys()]
  const queue = names.map((name) => ({ path: index, name }))
  const out = new Map<string, Declaration>()
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const found = find(next.path, next.name)
    // Of the language, or a parameter of a type.
    if (found === undefined) continue
    const { file, statement, name } = found
    const path = relative(root, file.fileName)
    const known = out.get(name)
    if (known?.path === path) continue
    if (known !== undefined) throw new Error(`${known.path} and ${path} both have a type ${name}`)
    const used = namesIn(statement)
    const imports = importsOf(file)
    const isComputed = used.values.size > 0 || [...used.types].some((type) => imports.get(type) === 'zod')
    const text = isComputed ? folded(writtenOut(found)) : tidy(statement.getText().replace(/^export (declare )?/, ''))
    out.set(name, { name, path, exported: names.includes(name), text, ...docOf(statement) })
    if (!isComputed) for (const type of used.types) queue.push({ path: file.fileName, name: type })
  }
  return [...out.values()]
}

const comment = ({ doc, example }: Declaration): string => {
  const lines = [
    ...(doc === '' ? [] : [doc]),
    ...(example === '' ? [] : ['@example', '```ts', ...example.split('\n'), '```']),
  ]
  return lines.length === 0 ? '' : `/**\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n`
}

/** dist/index.d.ts */
export const declarationFile = (root: string): string => {
  const parts = declarations(root).map((one) => {
    const declared = /^(const|class) /.test(one.text) ? `declare ${one.text}` : one.text
    return `${comment(one)}${one.exported ? 'export ' : ''}${declared}\n`
  })
  return ['// The types of berth-agents.\n', ...parts, 'export {}\n'].join('\n')
}
