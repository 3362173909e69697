import { BlockList } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AddressClass, classifyAddress, isAddress, mayReach } from './address.ts'

const CASES: readonly (readonly [AddressClass, readonly string[]])[] = [
  ['public', ['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255']],
  ['public', ['172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0']],
  ['public', ['223.255.255.255', '2606:4700:4700::1111', '2a00:1450::1', '2001:4860:4860::8888']],
  [
    'private',
    ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '100.127.255.255', '198.18.0.1'],
  ],
  ['private', ['fc00::1', 'fdff:ffff::1', 'fec0::1', '2001:db8::1', '3fff::1']],
  ['private', ['192.0.2.1', '198.51.100.7', '203.0.113.9']],
  ['loopback', ['127.0.0.1', '127.255.255.254', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '::1']],
  ['loopback', ['::ffff:127.0.0.1', '::ffff:7f00:1', '[::1]', '0:0:0:0:0:0:0:1']],
  ['link-local', ['169.254.0.1', '169.254.255.255', 'fe80::1', 'febf::1', '::ffff:169.254.1.1']],
  ['metadata', ['169.254.169.254', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.254.43518']],
  ['metadata', ['::ffff:169.254.169.254', 'fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254', '169.254.170.2']],
  ['metadata', ['100.100.100.200', '192.0.0.192', '168.63.129.16', '64:ff9b::169.254.169.254', '2002:a9fe:a9fe::1']],
  ['metadata', ['64:ff9b:1::a9fe:a9fe', '64:ff9b:1:a9fe:a9:fe00::', '2001:0:1:2:3:4:5601:5601', '::169.254.169.254']],
  ['multicast', ['224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::1']],
  ['translated', ['64:ff9b::8.8.8.8', '64:ff9b::10.0.0.1', '64:ff9b:1::1', '64:ff9b:1:ffff::1', '2002:808:808::1']],
  ['translated', ['2002:7f00:1::', '2001::1', '2001:0:ffff::1', '::8.8.8.8', '::ffff:0:8.8.8.8']],
  ['reserved', ['0.0.0.0', '0.1.2.3', '0', '255.255.255.255', '240.0.0.1']],
  ['reserved', ['192.0.0.1', '192.88.99.1', '::', '100::1', '2001:2::1', '2001:10::1', '2001:20::1']],
  ['reserved', ['5f00::1', '4000::1', '1fff::1', 'e000::1', '64:ff9c::1']],
  ['reserved', ['', 'example.org', 'fe80::1%eth0', '127.0.0.1%lo', '1.2.3.4:80', '1.2.3.4/8', '1.2.3.4 ', '::1::']],
]

describe('classifyAddress', () => {
  it.each(CASES.flatMap(([kind, texts]) => texts.map((text) => [text, kind] as const)))('%s is %s', (text, kind) =>
    expect(classifyAddress(text)).toBe(kind),
  )

  it('calls nothing public that the kernel or a network keeps to itself, in any spelling', () => {
    const closed = new BlockList()
    for (const [network, length] of [
      ['0.0.0.0', 8],
      ['10.0.0.0', 8],
      ['100.64.0.0', 10],
      ['127.0.0.0', 8],
      ['169.254.0.0', 16],
      ['172.16.0.0', 12],
      ['192.0.0.0', 24],
      ['192.0.2.0', 24],
      ['192.88.99.0', 24],
      ['192.168.0.0', 16],
      ['198.18.0.0', 15],
      ['198.51.100.0', 24],
      ['203.0.113.0', 24],
      ['224.0.0.0', 3],
    ] as const)
      closed.addSubnet(network, length)
    closed.addAddress('168.63.129.16')
    const near = fc.constantFrom(0, 9, 10, 11, 99, 100, 126, 127, 128, 168, 169, 172, 192, 198, 203, 223, 224, 255)
    const byte = fc.oneof(near, fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(byte, fc.oneof(byte, fc.constantFrom(16, 31, 63, 64, 254)), byte, byte, (a, b, c, d) => {
        const plain = `${a}.${b}.${c}.${d}`
        const number = ((a * 256 + b) * 256 + c) * 256 + d
        const octal = [a, b, c, d].map((part) => `0${part.toString(8)}`).join('.')
        const hex = (part: number) => part.toString(16).padStart(2, '0')
        const spellings = [
          plain,
          `${plain}.`,
          String(number),
          `0x${number.toString(16)}`,
          octal,
          `${a}.${number % 2 ** 24}`,
          `${a}.${b}.${c * 256 + d}`,
          `::ffff:${plain}`,
          `[::FFFF:${hex(a)}${hex(b)}:${hex(c)}${hex(d)}]`,
        ]
        const kinds = new Set(spellings.map(classifyAddress))
        expect([...kinds]).toHaveLength(1)
        expect(kinds.has('public')).toBe(!closed.check(plain) && plain !== '100.100.100.200')
        for (const carrier of [
          `64:ff9b::${plain}`,
          `2002:${hex(a)}${hex(b)}:${hex(c)}${hex(d)}::1`,
          `::ffff:0:${plain}`,
        ])
          expect(classifyAddress(carrier)).toMatch(/^(?:translated|metadata|link-local)$/)
      }),
      { numRuns: 3000 },
    )
  })

  it('calls an IPv6 address public only within 2000::/3, outside of what is set apart there', () => {
    const open = new BlockList()
    open.addSubnet('2000::', 3, 'ipv6')
    const closed = new BlockList()
    for (const [network, length] of [
      ['2001::', 23],
      ['2001:db8::', 32],
      ['2002::', 16],
      ['3fff::', 20],
    ] as const)
      closed.addSubnet(network, length, 'ipv6')
    const edge = fc.constantFrom(
      0,
      1,
      0x64,
      0xff9b,
      0x2000,
      0x2001,
      0x2002,
      0xdb8,
      0x3fff,
      0x4000,
      0xfc00,
      0xfe80,
      0xffff,
    )
    const group = fc.oneof(edge, fc.integer({ min: 0, max: 0xffff }))
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const text = groups.map((one) => one.toString(16)).join(':')
        const expected = open.check(text, 'ipv6') && !closed.check(text, 'ipv6')
        const isMapped = groups.slice(0, 5).every((one) => one === 0) && groups[5] === 0xffff
        if (!isMapped) expect(classifyAddress(text) === 'public').toBe(expected)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('mayReach', () => {
  it('opens private, loopback and translated addresses to a rule that says so, and the others never', () => {
    const kinds: readonly AddressClass[] = ['private', 'loopback', 'translated']
    const never: readonly AddressClass[] = ['metadata', 'link-local', 'multicast', 'reserved']
    expect(mayReach('public', false)).toBe(true)
    for (const kind of kinds) expect([mayReach(kind, false), mayReach(kind, true)]).toEqual([false, true])
    for (const kind of never) expect([mayReach(kind, false), mayReach(kind, true)]).toEqual([false, false])
  })
})

it('tells an address from a name', () => {
  expect(['1.2.3.4', '::1', 'example.org', '1.example'].map(isAddress)).toEqual([true, true, false, false])
})
