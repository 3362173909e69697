import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { currentToolbox } from './current-toolbox.ts'
import { readOverrides, writeOverride } from './toolbox-override.ts'

const [OWN, OTHER, THIRD] = ['a', 'b', 'c'].map((letter) => letter.repeat(12)) as [string, string, string]

describe('currentToolbox', () => {
  let folder: ReturnType<typeof temporaryFolder>
  beforeEach(() => {
    folder = temporaryFolder()
  })
  afterEach(() => folder[Symbol.dispose]())

  const toolbox = (install: string, hash: string) => {
    const path = folder.at(install, 'toolbox', hash)
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'manifest.json'), JSON.stringify({ hash }))
    return path
  }
  const current = async (own = OWN) =>
    (await currentToolbox({ install: folder.at('mine'), read: [folder.at('shared'), folder.at('mine')] }, own))?.path
  const override = (install: string, hash: string | undefined) =>
    writeOverride(
      folder.at(install),
      OWN,
      hash === undefined ? undefined : { toolbox: hash, agents: { codex: '1.0.0' } },
    )

  test("is the build's own until another one stands in for it, the caller's before the shared one", async () => {
    expect(await current()).toBeUndefined()
    const own = toolbox('shared', OWN)
    expect(await current()).toBe(own)
    const shared = toolbox('shared', OTHER)
    await override('shared', OTHER)
    expect(await current()).toBe(shared)
    const mine = toolbox('mine', THIRD)
    await override('mine', THIRD)
    expect(await current()).toBe(mine)
    await override('mine', undefined)
    await override('shared', undefined)
    expect(await current()).toBe(own)
    expect(existsSync(folder.at('mine/toolbox/overrides.json'))).toBe(false)
  })

  test('is that of another build for none but it, and never one that is not there', async () => {
    const own = toolbox('mine', OWN)
    await override('mine', OTHER)
    expect(await current()).toBe(own)
    toolbox('mine', OTHER)
    const third = toolbox('mine', THIRD)
    expect(await current(THIRD)).toBe(third)
  })

  test.each(['{', '[]', 'null', `{"${OWN}":{"toolbox":"../x","agents":{}}}`, `{"${OWN}":7}`])(
    'a file that says %s counts as none',
    async (text) => {
      const own = toolbox('mine', OWN)
      writeFileSync(folder.at('mine/toolbox/overrides.json'), text)
      expect(await current()).toBe(own)
      expect(await readOverrides(folder.at('mine'))).toEqual({})
    },
  )
})
