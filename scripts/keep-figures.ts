// Keeps what `make bench` measured last, with the machine it ran on, in docs/performance.json; scripts/gen.ts makes the
// tables of docs/performance.md and the README from that.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import type { Figure } from '../bench/ratio.ts'
import type { KeptFigures } from './reference/figures-table.ts'

const root = dirname(import.meta.dirname)

const versionOf = (engine: string, ...args: readonly string[]): string => {
  try {
    return execFileSync(engine, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return ''
  }
}

const engines = [
  ['Docker', versionOf('docker', 'version', '--format', '{{.Server.Version}}')],
  [
    'Podman',
    versionOf('podman', 'version', '--format', '{{.Server.Version}}') ||
      versionOf('podman', 'version', '--format', '{{.Client.Version}}'),
  ],
].flatMap(([name, version]) => (version ? [`${name} ${version}`] : []))

const figures = JSON.parse(readFileSync(join(root, 'bench/results/latest.json'), 'utf8')) as Figure[]
const kept: KeptFigures = {
  taken: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB of memory, Linux ${release().split('-')[0]}, ${engines.join(', ')}`,
  figures,
}
writeFileSync(join(root, 'docs/performance.json'), `${JSON.stringify(kept, null, 2)}\n`)
process.stdout.write(`docs/performance.json: ${figures.length} figures; now node scripts/gen.ts\n`)
