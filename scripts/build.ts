// Bundles the programs into dist/: node scripts/build.ts [--force] [--clean]
// Skipped when nothing that goes in has changed; an entry that does not exist is left out. --clean: leaves no other file.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type BuildOptions, build, type OutputFile, type Plugin } from 'esbuild'
import { contentHash } from '../src/install/content-hash.ts'
import type { BuildStamp } from '../src/install/install.ts'
import { readStamp } from '../src/install/read-stamp.ts'
import { recipe } from '../src/install/recipe.ts'
import { declarationFile } from './declarations.ts'

const root = dirname(import.meta.dirname)
const manifest = readFileSync(join(root, 'package.json'), 'utf8')
const { version } = JSON.parse(manifest) as { readonly version: string }
const dist = join(root, 'dist')
const OLD_MS = process.argv.includes('--clean') ? 0 : 86_400_000
/** The programs of the toolbox. */
const INSIDE: readonly string[] = ['worker', 'standalone']
/** Stands in them where their own hash is put after bundling, so that each changes only when its code does. */
const PLACEHOLDER = '0123456789ab.worker'

/** The rooms that the library's types come from. */
const TYPED = ['src/index.ts', 'src/library', 'src/domain', 'src/views', 'src/std']

type Entry = { readonly from: string; readonly to: string; readonly options: BuildOptions }

// Packages in CommonJS call `require`, which a module does not have.
const banner = {
  js: "import{createRequire as __berthRequire}from'node:module';const require=__berthRequire(import.meta.url);",
}
const esm: BuildOptions = { format: 'esm', banner }

// One file in CommonJS starts a third faster than modules in chunks; what `import()` names is run when it is asked for.
const cjs: BuildOptions = {
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  define: { 'import.meta.dirname': '__dirname' },
  // `import()` as `require`: Node's loader of modules is not even loaded then.
  supported: { 'dynamic-import': false },
}

// A library is loaded into another program: it brings no `require` and takes Node's modules as every module does.
const library: BuildOptions = { format: 'esm', plugins: [] }

const entries: readonly Entry[] = [
  { from: 'src/index.ts', to: 'index', options: library },
  { from: 'src/cli/main.ts', to: 'cli', options: cjs },
  { from: 'src/cli/cli.ts', to: 'cli-main', options: cjs },
  { from: 'src/server/main.ts', to: 'supervisor', options: cjs },
  { from: 'src/server/supervise.ts', to: 'supervisor-main', options: cjs },
  { from: 'src/egress/main.ts', to: 'gateway', options: esm },
  { from: 'src/egress/refresh/main.ts', to: 'refresher', options: esm },
  { from: 'src/token-daemon/main.ts', to: 'token-daemon', options: esm },
  // A file of its own: half a megabyte that most gateways never read. Of the library's two forms, the one in modules can
  // leave out what nobody uses.
  {
    from: 'src/egress/certificates.ts',
    to: 'gateway-certificates',
    options: { ...esm, mainFields: ['module', 'main'] },
  },
  // Likewise: most supervisors never show a terminal.
  { from: 'src/app/terminal/screen.ts', to: 'supervisor-screen', options: cjs },
  // Likewise: most supervisors never check a result.
  { from: 'src/app/task/schema-check.ts', to: 'supervisor-schema', options: cjs },
  // Likewise: most supervisors and all but few commands have no GitHub App.
  { from: 'src/forges/github/octokit.ts', to: 'octokit', options: esm },
  // Likewise: few commands read YAML.
  { from: 'src/sessions/parse-yaml.ts', to: 'manifest-yaml', options: cjs },
  { from: 'src/worker/main.ts', to: 'worker', options: cjs },
  { from: 'src/standalone/main.ts', to: 'standalone', options: cjs },
]

/** What Node has loaded before any program runs. */
const LOADED = new Set(['node:buffer', 'node:events', 'node:fs', 'node:path', 'node:timers', 'node:url', 'node:util'])

/** Such a module: of its names the bundle has those that it uses, as constants. */
const loadedBuiltin = (path: string): string => {
  const names = Object.keys(process.getBuiltinModule(path) ?? {})
  return `const module = process.getBuiltinModule('${path}')
export default module
${names.map((name) => `export const ${name} = /* @__PURE__ */ (() => module.${name})()`).join('\n')}`
}

/** Another one, each of its names a getter: it is loaded when something of it is used. */
const lazyBuiltin = (path: string): string => {
  const names = Object.keys(process.getBuiltinModule(path) ?? {})
  return `for (const name of ${JSON.stringify(names)})
  Object.defineProperty(exports, name, { enumerable: true, get: () => process.getBuiltinModule('${path}')[name] })`
}

/**
 * Node's own modules by `process.getBuiltinModule`, on first use: an `import` of node:http loads Node's WebSocket client
 * too (20 ms, 13 MB), and half of what a command imports it never calls.
 */
const builtins: Plugin = {
  name: 'builtins',
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin' }))
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: LOADED.has(path) ? loadedBuiltin(path) : lazyBuiltin(path),
    }))
    build.onResolve({ filter: /^\.\/screen\.ts$/ }, () => ({ path: './supervisor-screen.cjs', external: true }))
    build.onResolve({ filter: /^\.\/parse-yaml\.ts$/ }, () => ({ path: './manifest-yaml.cjs', external: true }))
    build.onResolve({ filter: /^\.\/schema-check\.ts$/ }, () => ({ path: './supervisor-schema.cjs', external: true }))
    build.onResolve({ filter: /^\.\/octokit\.ts$/ }, () => ({ path: './octokit.js', external: true }))
    build.onResolve({ filter: /^\.\/certificates\.ts$/ }, () => ({
      path: './gateway-certificates.js',
      external: true,
    }))
  },
}

const bundle = async (entry: Entry, id: string): Promise<readonly OutputFile[]> => {
  const result = await build({
    absWorkingDir: root,
    entryPoints: { [entry.to]: entry.from },
    outdir: dist,
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node22',
    // Names are read by people. Kept where they stand they cost a longer file; kept beside short ones, a call at each start
    // for each of them.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'external',
    // So that a file can be read without decoding it.
    charset: 'ascii',
    logLevel: 'warning',
    plugins: [builtins],
    ...entry.options,
    define: {
      ...entry.options.define,
      __BERTH_BUILD__: JSON.stringify(INSIDE.includes(entry.to) ? PLACEHOLDER : id),
      __BERTH_VERSION__: JSON.stringify(version),
    },
  })
  return result.outputFiles ?? []
}

/** Puts a file in place in one step, so that a program that starts meanwhile reads the old or the new one. */
const write = (path: string, bytes: Uint8Array | string): void => {
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, bytes)
  renameSync(temporary, path)
}

const writeInside = (name: string, files: readonly OutputFile[]): string => {
  let hash = 'none'
  for (const file of files) {
    if (!file.path.endsWith('.cjs')) {
      write(file.path, file.contents)
      continue
    }
    hash = createHash('sha256').update(file.contents).digest('hex').slice(0, 12)
    const text = file.text.replaceAll(PLACEHOLDER, hash)
    write(file.path, text)
    // Under its hash too: a toolbox is made from this one, whatever is being built meanwhile.
    write(join(dist, `${name}-${hash}.cjs`), text)
  }
  return hash
}

/** The library's types take seconds, so they are made again only after a change in what they are made from. */
const writeTypes = (): void => {
  const path = join(dist, 'index.d.ts')
  const hash = contentHash(root, [...TYPED, 'scripts/declarations.ts'], [])
  const head = `// Made by the build from ${hash}.\n`
  if (existsSync(path) && readFileSync(path, 'utf8').startsWith(head)) return
  write(path, head + declarationFile(root))
}

/** A running older CLI may still load its chunks, so what is no longer made goes only after a day. */
const sweep = (made: ReadonlySet<string>): void => {
  for (const name of readdirSync(dist)) {
    const path = join(dist, name)
    if (!made.has(name) && Date.now() - statSync(path).mtimeMs > OLD_MS) rmSync(path, { recursive: true })
  }
}

const buildAll = async (id: string): Promise<BuildStamp> => {
  mkdirSync(dist, { recursive: true })
  const there = entries.filter((entry) => existsSync(join(root, entry.from)))
  const outputs = await Promise.all(there.map((entry) => bundle(entry, id)))
  const made = new Set<string>(['build.json', 'index.d.ts'])
  const inside = { worker: 'none', standalone: 'none' }
  for (const [index, files] of outputs.entries()) {
    for (const file of files) made.add(basename(file.path))
    const name = there[index]?.to
    if (name === 'worker' || name === 'standalone') {
      inside[name] = writeInside(name, files)
      made.add(`${name}-${inside[name]}.cjs`)
      continue
    }
    // The entry comes last: whatever it names is there.
    for (const file of [...files].reverse()) write(file.path, file.contents)
  }
  writeTypes()
  const names = recipe(root)
  const stamp: BuildStamp = { build: id, ...inside, toolbox: names.toolbox(inside), image: names.image }
  write(join(dist, 'build.json'), `${JSON.stringify(stamp)}\n`)
  sweep(made)
  return stamp
}

const sources = ['src', 'images', 'scripts/build.ts', 'package-lock.json', 'web'].filter((path) =>
  existsSync(join(root, path)),
)
const id = contentHash(root, sources, [manifest])
const before = readStamp(root)
const complete =
  existsSync(join(dist, 'index.d.ts')) &&
  entries.every(
    (entry) =>
      !existsSync(join(root, entry.from)) ||
      existsSync(join(dist, `${entry.to}${entry.options.outExtension?.['.js'] ?? '.js'}`)),
  )
if (before?.build === id && complete && !process.argv.includes('--force')) {
  process.stderr.write(`build: ${id} is up to date\n`)
} else {
  const started = performance.now()
  try {
    const stamp = await buildAll(id)
    process.stderr.write(`build: ${stamp.build} in ${Math.round(performance.now() - started)} ms\n`)
  } catch (error) {
    // esbuild has told what is wrong and where.
    process.stderr.write(`build: failed${error instanceof Error ? `: ${error.message.split('\n')[0]}` : ''}\n`)
    process.exitCode = 1
  }
}
