// node scripts/check-subjects.ts: names the new commits of this branch whose subject is not `subsystem: do what`.
import { newSubjects } from './subjects/new-subjects.ts'
import { subjectFault } from './subjects/subject-fault.ts'

for (const { id, subject } of newSubjects(process.cwd())) {
  const fault = subjectFault(subject)
  if (fault === undefined) continue
  process.stderr.write(`commit ${id.slice(0, 12)} "${subject}": ${fault}\n`)
  process.exitCode = 1
}
