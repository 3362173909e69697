import { expect, test } from 'vitest'
import { imageVariables } from './image-variables.ts'

const of = (image: Readonly<Record<string, string>>) =>
  imageVariables(Object.fromEntries(Object.entries(image).map(([name, value]) => [`berth.image.${name}`, value])))

test('the image has its variables back, also those that would have steered the worker', () => {
  const own = { LD_PRELOAD: '/x.so', NODE_OPTIONS: '--require /x', GIT_DIR: '/x.git', JAVA_HOME: '/jvm', EMPTY: '' }
  expect(of(own)).toEqual(own)
})

test("the worker's own variables are not the image's", () => {
  expect(imageVariables({ PATH: '/bin', HOME: '/root' })).toEqual({})
})

test('home and user are chosen by Berth, and the model by the task', () => {
  const image = {
    HOME: '/odd',
    USER: 'odd',
    LOGNAME: 'odd',
    XDG_CONFIG_HOME: '/odd',
    OPENAI_BASE_URL: 'http://elsewhere',
  }
  const more = {
    CLAUDE_CONFIG_DIR: '/odd',
    CODEX_HOME: '/odd',
    GEMINI_API_KEY: 'k',
    ANTHROPIC_MODEL: 'm',
    BERTH_TASK: 't',
  }
  expect(of({ ...image, ...more, CODEXTRA: 'stays', HOMEBREW_PREFIX: '/brew' })).toEqual({
    CODEXTRA: 'stays',
    HOMEBREW_PREFIX: '/brew',
  })
})

test("an image's proxy does not stand before the model on the loopback", () => {
  const no = '127.0.0.1,localhost,::1,[::1],example.org'
  expect(of({ https_proxy: 'http://proxy:80', no_proxy: 'example.org' })).toEqual({
    https_proxy: 'http://proxy:80',
    NO_PROXY: no,
    no_proxy: no,
  })
})
