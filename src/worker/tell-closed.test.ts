import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import type { FrameBody } from '../domain/worker-protocol.ts'
import { tellClosed } from './tell-closed.ts'

test('a folder that the agent may not write is told, and no other', () => {
  using folder = temporaryFolder()
  const sent: FrameBody[] = []
  tellClosed([folder.path, folder.at('none')], { send: (...bodies) => sent.push(...bodies) > 0 })
  expect(sent.map((frame) => ('name' in frame ? frame.name : ''))).toEqual([folder.at('none')])
})
