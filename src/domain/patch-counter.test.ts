import fc from 'fast-check'
import { expect, test } from 'vitest'
import { patchCounter } from './patch-counter.ts'

const PATCH = `diff --git a/a.txt b/a.txt
index 1111111..2222222 100644
--- a/a.txt
+++ b/a.txt
@@ -1,3 +1,3 @@
 one
--- a line that looks like a head
+++ another one
 three
@@ -9 +9,2 @@ context
-diff --git a/x b/x
+@@ -1,100 +1,100 @@
+b
\\ No newline at end of file
diff --git a/pic.png b/pic.png
new file mode 100644
GIT binary patch
literal 3
KcmZQzU|?YY0RR910

literal 0
HcmV?d00001

`

test.each([1, 7, 100_000])('counts files and lines, in pieces of %i bytes', (size) => {
  const counter = patchCounter()
  const bytes = Buffer.from(PATCH)
  for (let at = 0; at < bytes.length; at += size) counter.take(bytes.subarray(at, at + size))
  expect(counter.changes()).toEqual({ files: 2, insertions: 3, deletions: 2 })
})

test('takes any bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 400 })), (pieces) => {
      const counter = patchCounter()
      for (const piece of pieces) counter.take(Buffer.from(piece))
      expect(counter.changes().files).toBeGreaterThanOrEqual(0)
    }),
  )
})
