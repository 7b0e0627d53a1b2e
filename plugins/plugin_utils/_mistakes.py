# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is wrong with what a judgement reads, told before any host is asked: it loads neither the rules nor the judgement itself."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.limits import check_limits
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.policy import SEVERITIES, check_examples, check_waivers, compile_controls
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import plain
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._policy_files import load_policies, load_report, load_waivers
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.render import FORMATS
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.words import LANGUAGES


def judgement_errors(policies, waivers=None, previous=None, formats=(), language="en", fail_on="never", limits=None, numbers=None):
    """One sentence for each mistake in what a judgement reads: what the filter ``judgement_errors`` documents."""
    found = _complaints(lambda: check_examples(compile_controls(load_policies(plain(policies)))))
    found += _complaints(lambda: check_waivers(load_waivers(waivers), f"waivers: {waivers}"))
    found += _complaints(lambda: load_report(previous))
    found += _complaints(lambda: check_limits(plain(limits)))
    found += [_none_of("audit_formats", name, FORMATS) for name in formats if name not in FORMATS]
    found += [_none_of("audit_language", language, LANGUAGES)] if language not in LANGUAGES else []
    found += [_none_of("audit_fail_on", fail_on, ("never", *SEVERITIES))] if fail_on not in ("never", *SEVERITIES) else []
    return found + [f"{name}: {value!r} is no number" for name, value in plain(numbers or {}).items() if not _counts(value)]


def _complaints(read):
    try:
        read()
    except DeliverabilityError as error:
        return str(error).splitlines()
    return []


def _none_of(option, word, words):
    return f"{option}: {str(word)!r} is none of {', '.join(words)}"


def _counts(value):
    try:
        return float(value) >= 0 and not isinstance(value, bool)
    except (TypeError, ValueError):
        return False
