/** What `docker run IMAGE --help` prints. */
export const HELP = `Runs a coding agent on a repository, without Berth. The agent has the model's key and the whole network of the
container: docs/standalone.md says what that means.

  docker run --rm -v "$PWD/work:/work" -e REPO_URL=https://github.com/owner/name -e PROMPT='Fix the tests' \\
    -e OPENAI_API_KEY berth-worker

  docker run IMAGE                 run as the variables say
  docker run IMAGE PROGRAM ...     run this program instead, e.g. -it IMAGE codex login
  docker run IMAGE --help          this text

Variables:
  REPO_URL            repository to clone; or mount a source tree at /src (another place: SOURCE_DIR)
  REPO_DIR            its folder below /work (default: repo)
  REPO_REF            branch, tag or commit (default: the remote's own branch)
  PROMPT              what to do; or a file: PROMPT_FILE=/path
  PROVIDER            codex, claude, gemini or opencode (default: codex, or the image's only one)
  MODEL               the model, as the CLI names it (default: the CLI's)
  MODE                exec, review or chat (default: exec); also CODEX_MODE
  REVIEW_BASE         what a review compares with (default: the remote's own branch)
  AGENT_FLAGS         further arguments of the CLI, quoted as in a shell; also CODEX_FLAGS
  PUSH                1 pushes the work to berth/RUN, a name pushes it to that branch (default: no push)
  RUN_NAME            name of this run's folder in /work/out (default: a new id)
  OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY        the model's key, by the CLI's own variable
  OPENAI_BASE_URL, ANTHROPIC_BASE_URL, GOOGLE_GEMINI_BASE_URL        another address of the model
  GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL                        who commits

A login instead of a key: mount its folder at /home/codex/.codex, /home/agent/.claude, /home/agent/.gemini or
/home/agent/.local/share/opencode.

Outputs: /work/out/run.log, summary.md and exit.json of the last run; each run's own in /work/out/RUN/.

Exit codes: 0 done, 1 the agent failed or its work could not be pushed, 64 input missing or wrong, 65 clone or update
failed, 66 checkout failed, 67 the agent's CLI is missing, 68 no credentials, 69 output folder, 128+N signal N.
`
