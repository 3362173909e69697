import { describe, expect, it } from 'vitest'
import { showProgress } from './show-progress.ts'

const shown = (isTTY: boolean) => {
  let text = ''
  let time = 0
  const output = {
    isTTY,
    write(part: string) {
      text += part
    },
  }
  return { show: showProgress(output, 'setup', () => time), pass: (ms: number) => (time += ms), text: () => text }
}

describe('showProgress', () => {
  it('changes one line of a terminal, and removes it before the next step', () => {
    const { show, text } = shown(true)
    show.progress('fetching')
    show.bytes('npm', 1024, null)
    show.bytes('npm', 2048, null)
    show.progress('loading')
    expect(text()).toBe('setup: fetching\n\r\x1b[Ksetup: npm: 1 KiB\r\x1b[Ksetup: npm: 2 KiB\r\x1b[Ksetup: loading\n')
  })

  it('gives another output a line every five seconds', () => {
    const { show, pass, text } = shown(false)
    show.progress('loading')
    pass(4999)
    show.bytes('image', 1024, 4096)
    pass(1)
    show.bytes('image', 2048, 4096)
    pass(4999)
    show.bytes('image', 3072, 4096)
    pass(60_000)
    show.bytes('image', 4096, 4096)
    expect(text()).toBe('setup: loading\nsetup: image: 2 KiB of 4 KiB\n')
  })
})
