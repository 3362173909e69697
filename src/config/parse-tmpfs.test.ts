import { expect, test } from 'vitest'
import { parseTmpfs } from './parse-tmpfs.ts'

test.each([
  ['/cache', '/cache', 'rw,noexec,nosuid,nodev,mode=1777'],
  ['/cache/', '/cache', 'rw,noexec,nosuid,nodev,mode=1777'],
  ['/a/../cache:exec', '/cache', 'rw,exec,nosuid,nodev,mode=1777'],
  ['/cache:size=1g,exec', '/cache', 'rw,exec,nosuid,nodev,mode=1777,size=1073741824'],
  ['/cache:mode=0700,noexec,rw', '/cache', 'rw,noexec,nosuid,nodev,mode=0700'],
  ['/cache:ro,nosuid,nodev', '/cache', 'ro,noexec,nosuid,nodev,mode=1777'],
  ['/work/build', '/work/build', 'rw,noexec,nosuid,nodev,mode=1777'],
])('%s has its options in one order', (text, target, options) => {
  expect(parseTmpfs(text)).toEqual({ target, options: options.split(',') })
})

test.each([
  ['', '"" is not PATH or PATH:OPTION,OPTION'],
  [':size=1g', '":size=1g" is not PATH or PATH:OPTION,OPTION'],
  ['/a:', '"/a:" is not PATH or PATH:OPTION,OPTION'],
  ['a', 'in "a" the path in the container is not absolute'],
  ['/', 'belongs to Berth or to the system: /'],
  ['/work', 'belongs to Berth or to the system: /work'],
  ['/work/../run/berth', 'belongs to Berth or to the system: /run/berth'],
  ['/var/run/berth', 'belongs to Berth or to the system: /var/run/berth'],
  ['/work/.git/', 'belongs to Berth or to the system: /work/.git'],
  ['/opt/berth/bin', 'belongs to Berth or to the system: /opt/berth/bin'],
  ['/dev/shm', "the path is the engine's own file system in memory"],
  ['/a:suid', '"suid" is not an option: there are rw, ro, exec'],
  ['/a:dev', '"dev" is not an option'],
  ['/a:exec,', '"" is not an option'],
  ['/a:size=', '"" is not a size'],
  ['/a:size=0', 'the size is 0'],
  ['/a:size=1x', '"1x" is not a size'],
  ['/a:size', '"size" is not an option'],
  ['/a:mode=9', '"mode=9" is not an option'],
  ['/a:mode=4777', '"mode=4777" is not an option'],
  ['/a:b:c', '"b:c" is not an option'],
])('%j is one sentence', (text, words) => expect(() => parseTmpfs(text)).toThrow(words))
