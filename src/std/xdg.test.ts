import { describe, expect, it } from 'vitest'
import { berthFolders, xdg } from './xdg.ts'

describe('xdg', () => {
  it('takes absolute variables and ignores relative ones', () => {
    const found = xdg({ XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: 'rel', XDG_RUNTIME_DIR: '/run/user/7' }, '/home/a')
    expect(found).toEqual({
      config: '/c',
      state: '/home/a/.local/state',
      data: '/home/a/.local/share',
      cache: '/home/a/.cache',
      runtime: '/run/user/7',
    })
    expect(xdg({}, '/home/a').runtime).toBeNull()
  })
})

describe('berthFolders', () => {
  it('is all below BERTH_HOME where that is set', () => {
    expect(berthFolders({ BERTH_HOME: '/b' }, '/home/a')).toEqual({ configFile: '/b/config.toml', state: '/b' })
  })

  it('is in the XDG folders otherwise', () => {
    const expected = { configFile: '/home/a/.config/berth/config.toml', state: '/home/a/.local/state/berth' }
    expect(berthFolders({}, '/home/a')).toEqual(expected)
    expect(berthFolders({ BERTH_HOME: '' }, '/home/a')).toEqual(expected)
  })
})
