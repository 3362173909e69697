import { projectRules } from '../../plan/network.ts'
import { plannedClones } from '../../plan/planned-clones.ts'
import { projectWarnings } from '../../plan/project-warnings.ts'
import type { Deps } from '../deps.ts'
import { joinProjects } from '../planning/observe-project.ts'
import { readProject } from '../planning/read-project.ts'
import { addedRules, readDenies } from '../task/added-rules.ts'
import type { Running } from './running.ts'

/**
 * The rules that come to the plan's when the gateway opens. Of a repository that nobody had fetched when Berth planned,
 * its own file is read now, once in a task: the mirror holds the commit. BerthError config-invalid.
 */
export const launchRules = async ({ deps, live, plan, signal }: LaunchRules) => {
  const { network } = plan
  const clones = plannedClones(plan)
  if (network?.unread === true && readDenies(live) === undefined && clones.length > 0) {
    const read = clones.map(({ mirror, sha }) => readProject(deps.git, { repository: mirror, commit: sha, signal }))
    const project = joinProjects(await Promise.all(read))
    const { deny } = project ?? { deny: [] }
    const texts = project === undefined ? [] : projectWarnings(project, [...network.rules, ...projectRules(deny)])
    await live.commit(
      { type: 'project.rules', turn: plan.turn, deny },
      ...texts.map((text) => ({ type: 'notice' as const, level: 'warning' as const, text })),
    )
  }
  return addedRules(live)
}

type LaunchRules = Pick<Running, 'live' | 'plan' | 'signal'> & { readonly deps: Pick<Deps, 'git'> }
