# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

.DEFAULT_GOAL := help
.PHONY: help audit test bench clean venv collection

COLLECTION := .cache/collections/ansible_collections/postmaster/deliverability

help: ## List the targets
	@echo "usage: make TARGET"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F '|' '{ printf "%-10s %s\n", $$1, $$2 }'
	@echo "PYTHON=/path/to/python3 names the interpreter (3.11 or newer, with venv) that .venv is made with."

audit: venv collection ## Audit the demonstration fleet; INVENTORY=path audits your own servers, ARGS="--limit mx1 -K" goes to ansible-playbook
	@sh tests/tools/audit.sh "$(INVENTORY)" $(ARGS)

venv:
	@sh tests/tools/venv.sh .venv requirements.txt

# Ansible finds the collection, which is this work tree, under the path that its name asks for.
collection:
	@mkdir -p $(dir $(COLLECTION)) && { test -e $(COLLECTION)/galaxy.yml || ln -sfn ../../../.. $(COLLECTION); }
