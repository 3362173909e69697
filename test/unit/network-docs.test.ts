import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { proxyEnvironment } from '../../src/plan/proxy-environment.ts'
import { NETWORK_TOOLS, type NetworkTool } from '../fixtures/network-tools/tools.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/network.md'), 'utf8')
const [, section = ''] = /\n## Tools inside\n(.*?)\n## /s.exec(page) ?? []
const firstCells = [...section.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell]) => cell ?? '')

test('docs/network.md says of each tested tool how it finds the proxy', () => {
  const isTold = ({ name, isUntold }: NetworkTool) =>
    isUntold === true ? section.includes(name) : firstCells.some((cell) => cell.includes(name))
  expect(NETWORK_TOOLS.filter((tool) => !isTold(tool))).toEqual([])
})

test('docs/network.md names each variable that Berth sets for tools', () => {
  const isNamed = (name: string) => section.includes(`\`${name}\``)
  const spelled = (name: string) => isNamed(name) || isNamed(name.toLowerCase()) || isNamed(name.toUpperCase())
  const names = Object.keys(proxyEnvironment({ port: 3128, socket: '/run/berth/gateway.sock' }))
  expect(names.filter((name) => !spelled(name))).toEqual([])
})
