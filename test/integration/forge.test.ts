import { forgeSuite } from '../conformance/forge.ts'
import { githubUnderTest } from '../fixtures/github/under-test.ts'
import { gitlabUnderTest } from '../fixtures/gitlab/under-test.ts'

forgeSuite('github', githubUnderTest)
forgeSuite('a forge like GitLab', gitlabUnderTest)
