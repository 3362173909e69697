import assert from 'node:assert/strict'
import { test } from 'node:test'
import { price } from './price.js'

test('nine pieces have the full price', () => assert.equal(price(9, 200), 1800))
test('ten pieces are a tenth cheaper', () => assert.equal(price(10, 200), 1800))
