// Records output of the real CLIs anew, for the parsers' tests: node scripts/record-fixtures.ts PROVIDER [CASE ...]
// Each case runs in a container of its own without a network, with the toolbox of this checkout; needs `make toolbox`.
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { imageName } from '../src/install/image-name.ts'
import { installDirs } from '../src/install/install-dirs.ts'
import { locateToolbox } from '../src/install/locate-toolbox.ts'
import { readStamp } from '../src/install/read-stamp.ts'
import { casesOf } from '../test/fixtures/record/cases.ts'

const AT_ONCE = 4
const root = dirname(import.meta.dirname)
const [provider = '', ...named] = process.argv.slice(2)
const cases = named.length > 0 ? named : Object.keys(casesOf(provider))
const folder = join(root, 'test/fixtures', provider)
const stamp = readStamp(root)
const dirs = installDirs({}, process.getuid?.() ?? -1, homedir())
const toolbox = stamp === undefined ? undefined : await locateToolbox(dirs.read, stamp.toolbox)
if (stamp === undefined || toolbox === undefined) throw new Error('the toolbox is missing: make toolbox')

const record = async (name: string): Promise<void> => {
  const mounts = [
    '-v',
    `${toolbox.path}:/opt/berth:ro`,
    '-v',
    `${root}/src:/src/src:ro`,
    '-v',
    `${root}/test:/src/test:ro`,
  ]
  const inside = ['/opt/berth/bin/node', '/src/test/fixtures/record/main.ts', provider, name]
  const argv = ['run', '--rm', '--init', '--network', 'none', '--label', 'berth.managed=false', ...mounts]
  const { stdout } = await promisify(execFile)('docker', [...argv, imageName(stamp.image), ...inside], {
    maxBuffer: 64 * 1024 * 1024,
  })
  const { stdout: lines, about } = JSON.parse(stdout) as { stdout: string; about: { exit: object; seconds: number } }
  writeFileSync(join(folder, `${name}.jsonl`), lines)
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(about, null, 2)}\n`)
  process.stderr.write(`${provider} ${name}: ${JSON.stringify(about.exit)} in ${about.seconds} s\n`)
}

mkdirSync(folder, { recursive: true })
const left = [...cases]
const worker = async () => {
  for (let name = left.shift(); name !== undefined; name = left.shift()) await record(name)
}
await Promise.all(Array.from({ length: AT_ONCE }, worker))
