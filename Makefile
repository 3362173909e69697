# make demo: see it work. make test: everything, as CI runs it with CI=true.
.PHONY: setup demo test test-all test-unit toolbox image build check bench figures soak faults providers update-agent live
NODE := node_modules/.bin/node
MODULES := scripts/setup.sh --modules

setup:
	@scripts/setup.sh >/dev/null

demo:
	@scripts/demo.sh

test:
	@scripts/test.sh

# The whole matrix: every test on every engine, every case of every agent.
test-all:
	@BERTH_TEST_ALL=true scripts/test.sh

test-unit:
	@$(MODULES)
	@PATH="$$PWD/node_modules/.bin:$$PATH" vitest run --project unit

build:
	@$(MODULES)
	@$(NODE) scripts/build.ts

# What tasks need: the agent image and the toolbox.
toolbox: build
	@$(NODE) scripts/install.ts

# The whole family of images, minutes at first.
image: build
	@bin/berth image build base agent worker nested

check:
	@$(MODULES)
	@npm run --silent check

# Every case of every agent on every engine, a quarter of an hour on two processors; make test has each once.
providers: setup
	@PATH="$$PWD/node_modules/.bin:$$PATH" BERTH_TEST_ALL=true vitest run --project e2e test/e2e/providers.test.ts test/e2e/opencode-routes.test.ts

# Another version of an agent's CLI, and what is tested of that agent: AGENT=codex VERSION=1.2.3
update-agent: setup
	@scripts/update-agent.sh "$(AGENT)" $(VERSION)

# N: how often the supervisor is killed at random; SEED: at which instants.
faults: setup
	@PATH="$$PWD/node_modules/.bin:$$PATH" BERTH_FAULT_KILLS=$(or $(N),20) BERTH_FAULT_SEED=$(or $(SEED),4711) vitest run --project faults

# ONLY=start: one file of bench/. ROUNDS=5: a quick look. ENGINE=podman: on another engine.
bench:
	@scripts/bench.sh

# Keeps what make bench measured last in docs/performance.json and the tables made from it.
figures:
	@$(NODE) scripts/keep-figures.ts
	@$(NODE) scripts/gen.ts

# What only a real key or login can show: AGENTS=codex,claude tries only these. Costs a few small answers of a model each.
live: setup
	@NODE_USE_ENV_PROXY=1 $(NODE) scripts/live.ts

# Many lives of tasks, and what is held before and after: MINUTES, half an hour by default.
soak: setup
	@MINUTES=$(or $(MINUTES),30) $(NODE) bench/soak.ts
