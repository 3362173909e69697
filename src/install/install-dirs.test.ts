import { expect, test } from 'vitest'
import { installDirs } from './install-dirs.ts'

test('root installs for all, a user for himself and finds what root has', () => {
  expect(installDirs({}, 0, '/root')).toEqual({ write: '/var/lib/berth', read: ['/var/lib/berth'] })
  const own = '/home/ann/.local/share/berth'
  expect(installDirs({}, 1000, '/home/ann')).toEqual({ write: own, read: ['/var/lib/berth', own] })
  expect(installDirs({ XDG_DATA_HOME: '/data' }, 1000, '/home/ann').write).toBe('/data/berth')
  expect(installDirs({ BERTH_INSTALL_DIR: '/opt/b' }, 0, '/root')).toEqual({ write: '/opt/b', read: ['/opt/b'] })
})
