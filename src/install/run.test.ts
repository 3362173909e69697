import { describe, expect, it } from 'vitest'
import type { BerthError } from '../domain/errors.ts'
import type { InstallOptions } from './install.ts'
import { run } from './run.ts'

const options: InstallOptions = {
  root: '/',
  install: '/',
  read: [],
  env: { PATH: process.env['PATH'] ?? '' },
  progress: () => {},
}

/** The error of a shell script that ends like this. */
const failure = async (script: string): Promise<BerthError> => {
  const ran = run(['sh', '-c', script], options, { limitMs: 30_000, code: 'toolbox-missing' })
  return await ran.then(
    () => Promise.reject(new Error('the script has not failed')),
    (error: BerthError) => error,
  )
}

describe('run', () => {
  it.each([
    ['npm error code ENOSPC', 'disk-full'],
    ['Error: write /var: no space left on device', 'disk-full'],
    [
      'npm error request to https://example.org failed, reason: getaddrinfo EAI_AGAIN example.org',
      'network-unreachable',
    ],
    ["Err:1 Temporary failure resolving 'deb.example.org'", 'network-unreachable'],
    ['npm error code E404', 'toolbox-missing'],
  ])('tells the cause by the line of the program: %s', async (line, code) => {
    const { code: told, message } = await failure(`echo first; echo "${line}" >&2; echo last >&2; exit 3`)
    expect([told, message]).toEqual([code, expect.stringContaining(`exit 3\n${line}`)])
  })

  it('says that a program is not installed', async () => {
    const ran = run(['no-such-program', 'x'], options, { limitMs: 30_000, code: 'toolbox-missing' })
    await expect(ran).rejects.toMatchObject({ code: 'toolbox-missing', message: 'no-such-program is not installed' })
  })
})
