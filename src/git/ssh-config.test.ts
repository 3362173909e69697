import { expect, test } from 'vitest'
import { configQuestion, configText, destinationOf, parseConfig, sshCommandWords } from './ssh-config.ts'

const config = parseConfig(
  [
    'host work',
    'hostname git.example',
    'user git',
    'port 2222',
    'identityfile ~/.ssh/id_own',
    'identityagent /run/own',
    'proxyjump gate.example',
    'userknownhostsfile /home/ada/.ssh/known_hosts /home/ada/.ssh/known_hosts2',
    'globalknownhostsfile none',
    'localforward 1 [127.0.0.1]:2',
    '',
  ].join('\n'),
)

test('the key serves the host as known_hosts names it, and the user alone', () => {
  const knownHosts = ['/home/ada/.ssh/known_hosts', '/home/ada/.ssh/known_hosts2']
  expect(destinationOf(config)).toEqual({ place: 'git@[git.example]:2222', knownHosts })
  expect(destinationOf([...config, ['hostkeyalias', 'alias']]).place).toBe('git@alias')
  expect(destinationOf(parseConfig('hostname git.example\nport 22'))).toEqual({ place: 'git.example', knownHosts: [] })
})

test('how a host is reached stays the caller’s, who one is there does not', () => {
  const input = { target: { host: 'work' }, config, agent: '/r/s', publicKey: '/r/key.pub' }
  const text = configText({ ...input, command: ['ssh'] })
  expect(text).toMatch(
    /^Host work\n {2}IdentityAgent "\/r\/s"\n {2}IdentityFile "\/r\/key.pub"\n {2}IdentitiesOnly yes\n/,
  )
  expect(text).toContain('  hostname git.example\n  user git\n  port 2222\n  proxyjump gate.example\n')
  expect(text).not.toMatch(/id_own|\/run\/own|localforward/)
  expect(text).toMatch(/\nHost \* !work\n {2}Include ~\/.ssh\/config\n {2}Include \/etc\/ssh\/ssh_config\n$/)
  expect(configText({ ...input, command: ['ssh', '-F', '/my/config'] })).toMatch(
    /\nHost \* !work\n {2}Include \/my\/config\n$/,
  )
  expect(configText({ ...input, command: ['ssh', '-F/dev/null'] })).not.toContain('Include')
})

test('ssh is asked by the words of the caller’s command', () => {
  const words = sshCommandWords("/opt/ssh -F ~/cfg -o 'ProxyCommand=nc %h'", '/home/ada')
  expect(words).toEqual(['/opt/ssh', '-F', '/home/ada/cfg', '-o', 'ProxyCommand=nc %h'])
  const target = { host: 'git.example', user: 'git', port: '22' }
  expect(configQuestion(words, target).slice(-4)).toEqual(['-G', '-p', '22', 'git@git.example'])
  expect(configQuestion(['ssh'], { host: 'work' })).toEqual(['ssh', '-G', 'work'])
  expect(sshCommandWords(undefined, undefined)).toEqual(['ssh'])
  for (const command of ['ssh -i $KEY', 'ssh | tee x', 'a && ssh', "ssh 'open"])
    expect(() => sshCommandWords(command, '/home/ada')).toThrow('is more than a program with options')
})
