import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anyEngine } from '../fixtures/engines.ts'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

const BUILD = String.raw`set -e
printf '#include <stdio.h>\nint main(void) { puts("built from C"); return 0; }\n' > one.c
printf '#include <iostream>\nint main() { std::cout << "built from C++\\n"; }\n' > two.cc
make --silent one two && ./one && ./two
printf 'import json, sqlite3, ssl, sys\nprint("Python", sys.version_info >= (3, 9))\n' > three.py && python3 three.py
printf '{ "name": "four", "type": "module", "scripts": { "test": "node --test" } }' > package.json
printf 'import test from "node:test"\ntest("a test of Node", () => {})\n' > four.test.js && node --test --test-reporter=tap | grep '^ok 1'
rg --files --glob '*.c'; jq -r .name package.json; git --version | cut -d' ' -f1-2
echo mine > "$HOME/file" && cat "$HOME/file"; id -u`

describe.each(anyEngine())('the agent image on $name', ({ flag }) => {
  let shop: Workshop
  beforeAll(async () => {
    shop = await workshop(flag)
  })
  afterAll(() => shop.close())

  test('a project in C, C++, Python or Node is built and tested in it, by a user that it does not know', async () => {
    const ran = await shop.job({ args: ['--no-repo', '--user', '4242:4242'], shell: BUILD })
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    const tools = (await shop.b.events(ran.id)).flatMap((event) => (event.type === 'agent.tool.end' ? [event] : []))
    expect(tools).toMatchObject([{ exitCode: 0 }])
    expect(tools[0]?.output.trim().split('\n')).toEqual([
      ...['built from C', 'built from C++', 'Python True', 'ok 1 - a test of Node'],
      ...['one.c', 'four', 'git version', 'mine', '4242'],
    ])
  })
})
