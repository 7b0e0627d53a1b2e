# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

.DEFAULT_GOAL := help
.PHONY: help audit test lab bench clean venv test-venv collection

COLLECTION := .cache/collections/ansible_collections/postmaster/deliverability

help: ## list the targets
	@echo "usage: make TARGET"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F '|' '{ printf "%-8s %s\n", $$1, $$2 }'
	@echo "PYTHON=/path/to/python3 names the interpreter (3.11 or newer, with venv) that .venv is made with."

audit: venv collection ## audit the embedded fleet, or your own servers: INVENTORY=path [ARGS="--limit mx1 -K", for ansible-playbook]
	@.venv/bin/python tests/tools/audit.py "$(INVENTORY)" $(ARGS)

test: test-venv collection ## run every check of the project; JOBS="lint pytest" runs only these
	@.venv/bin/python tests/tools/check.py $(JOBS)

lab: test-venv collection ## start the mail lab, as root (docs/lab.md); ARGS="status", "ssh mail1", "reset mail1", "down"
	@.venv/bin/python tests/lab/lab.py $(or $(ARGS),up)

bench: venv collection ## compare the speed with its peers; NAME=dns runs one benchmark
	@.venv/bin/python tests/tools/bench.py $(NAME)

clean: ## remove what make made: .venv, .cache and reports
	rm -rf .venv .cache reports

venv:
	@sh tests/tools/venv.sh .venv requirements.txt

test-venv:
	@sh tests/tools/venv.sh .venv tests/requirements.txt tests/constraints.txt requirements.txt

# Ansible finds the collection, which is this work tree, under the path that its name asks for.
collection:
	@mkdir -p $(dir $(COLLECTION)) && { test -e $(COLLECTION)/galaxy.yml || ln -sfn ../../../.. $(COLLECTION); }
