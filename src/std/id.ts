const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const RANDOM_BITS = 40
const RANDOM_END = 2 ** RANDOM_BITS

const base32 = (value: number, length: number): string => {
  let rest = value
  let out = ''
  for (let i = 0; i < length; i += 1) {
    out = ALPHABET[rest % 32] + out
    rest = Math.floor(rest / 32)
  }
  return out
}

/** An id is no secret, and Node takes some 5 ms to load its crypto module. */
const random40 = (): number => Math.floor(Math.random() * RANDOM_END)

type Source = { readonly now: () => number; readonly random: () => number }

/**
 * Makes ids like `t-01k3fz8e4m7qk2c9xd`: 10 letters of time in ms, 8 of randomness, lower-case Crockford base32.
 * Each is greater than the one before it, also within a millisecond and after the clock went back.
 */
export const idSource = ({ now, random }: Source) => {
  let lastTime = -1
  let lastRandom = 0
  return (prefix: string): string => {
    const time = Math.max(0, Math.floor(now()))
    if (time > lastTime) {
      lastTime = time
      lastRandom = random()
    } else {
      lastRandom += 1 + (random() % 65536)
      if (lastRandom >= RANDOM_END) {
        lastTime += 1
        lastRandom = random()
      }
    }
    return `${prefix}-${base32(lastTime, 10)}${base32(lastRandom, RANDOM_BITS / 5)}`
  }
}

/** A new id of this process, e.g. `newId('t')`: valid as container name, branch part and DNS label, 20 characters. */
export const newId = idSource({ now: Date.now, random: random40 })
