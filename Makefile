# The front door: `make` lists what there is. What a target does is in scripts/.
.DEFAULT_GOAL := help
.PHONY: help up cluster connect doctor version down logs monitor hide unhide alert-test backup restore export import reset test dev-web watch lint format lock settings notices screenshots bench evaluate chaos

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

up: ## Build and start everything, and say where the widget is
	@scripts/up

cluster: ## Build and start a cluster on this machine, which bears the loss of any container and its volume
	@scripts/start-cluster

connect: ## Connect your own timeline: asks for its credentials, tests them, fills in .env, starts
	@scripts/connect
doctor: ## Check Docker, memory, disk, port, clock, .env and engines of your own, and say what to do
	@scripts/check-machine

version: ## Show the version of this checkout, and the versions that run
	@scripts/show-version

down: ## Stop everything; counts and tweets are kept
	@scripts/down

logs: ## Follow the log of every service, or of one: make logs SERVICE=ingest
	@docker compose logs --follow --tail 100 $(SERVICE)

monitor: ## Start everything with Prometheus beside it: metrics, and alerts about the stack itself
	@scripts/monitor

hide: ## Take a hashtag off the boards: make hide TAG=spam, or TAG='*spam*' (no TAG: list them)
	@scripts/hide "$(TAG)"

unhide: ## Show a hidden hashtag again: make unhide TAG=spam
	@scripts/hide --undo "$(TAG)"

alert-test: ## Send a test message to everything in ALERT_URLS
	@scripts/send-test-alert

backup: ## Write all that is kept into a file of backups/; counting pauses for a minute or two
	@scripts/backup "$(FILE)"

restore: ## Restore a backup, replacing all data: make restore FILE=backups/... (asks first)
	@scripts/restore "$(FILE)"

export: ## Write the counts into a file that a stack with other engines can import: make export [FILE=...]
	@scripts/export "$(FILE)"

import: ## Fill an empty stack with an export, before its first start: make import FILE=backups/export-...
	@scripts/import "$(FILE)"

reset: ## Stop everything and delete all counts and tweets (asks first)
	@scripts/reset

test: ## Run all tests, a stage (STAGE=static|unit|component|integration|e2e|nightly), or one FILE=path[::test] [ARGS="-k name"]
	@FILE="$(FILE)" scripts/test "$(STAGE)" $(ARGS)

dev-web: ## Serve the pages on made-up boards, without the stack, and reload them as you edit (PORT=8080)
	@scripts/dev-web $(PORT)

watch: ## Start the stack, and restart a Python service when its code is edited
	@docker compose --file compose.yaml --file compose.watch.yaml watch

lint: ## Check style, types, Dockerfiles, scripts and locks
	@scripts/test static

format: ## Lay out the Python code as the checks want it
	@scripts/format

lock: ## Pin what each requirements.in asks for (UPGRADE=1: the newest versions)
	@scripts/lock

settings: ## Write .env.example and docs/settings.md from settings.toml
	@scripts/write_settings.py
notices: ## List what the images carry, with its licences, in docs/third-party.md
	@scripts/collect-notices

screenshots: ## Take the pictures of docs/screenshots
	@scripts/take-screenshots

bench: ## Measure the product, and others beside it: make bench [ARGS="--only latency"]
	@scripts/bench $(ARGS)

evaluate: ## Show what would have been trending in a stream (docs/trending.md): make evaluate FILE=stream.jsonl [ARGS=--text]
	@scripts/evaluate "$(FILE)" $(ARGS)

chaos: ## Break a stack in every way, and judge its counts: make chaos [ARGS="--only kafka --minutes 30"]
	@scripts/chaos $(ARGS)
