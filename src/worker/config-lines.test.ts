import { expect, test } from 'vitest'
import { remoteUrl } from './config-lines.ts'

test.each([
  ['[core]\n\tbare = false\n[remote "origin"]\n\turl = https://u:p@h/x.git\n\tfetch = +a:b\n', 'https://h/x.git'],
  ['[remote "a"]\n\tfetch = x\n[remote "b"]\n\tURL=git@h:x\n', 'git@h:x'],
  ['[REMOTE "a"] url = /srv/x', '/srv/x'],
  ['[remote "a"]\r\n\turl = /srv/x\r\n', '/srv/x'],
  ['[remote "a"]\n\turl =\n\turl = /srv/y\n', '/srv/y'],
  ['[remote "a"]\n\tpushurl = /srv/x\n[branch "m"]\n\turl = /srv/z\n', null],
  ['url = /srv/x\n', null],
  ['', null],
])('the remote of %j is %s', (config, url) => {
  expect(remoteUrl(config)).toBe(url)
})
