# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""One door to every format of the report."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.csv import csv_report
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.html import html_report
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.json import json_report
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.junit import junit
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.markdown import markdown
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.prometheus import prometheus
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.sarif import sarif
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.table import table
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.words import words

FORMATS = {
    "html": html_report,
    "json": json_report,
    "table": table,
    "markdown": markdown,
    "csv": csv_report,
    "junit": junit,
    "sarif": sarif,
    "prometheus": prometheus,
}


def _plain(value):
    """A copy of ordinary dictionaries and lists: what Ansible hands over are lazy containers that the C code of ``json`` cannot see into."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value


def _takes(format: str) -> Mapping:
    """The parameters of the function behind a format."""
    return inspect.signature(FORMATS[format]).parameters


def render(diagnosis, format="html", language: str = "en", **options):
    """The report on ``diagnosis``: a text for one format, {format: text} for a list of formats.

    Several formats at once cost less than one after the other, since reading a large variable of Ansible takes longer than writing a report.
    ``language`` matters to the formats for people; any other option must belong to one of the formats.
    """
    if not isinstance(diagnosis, Mapping) or "hosts" not in diagnosis:
        raise DeliverabilityError("the input is not a diagnosis: give the result of the filter postmaster.deliverability.diagnose")
    if not diagnosis.get("generated_at"):
        raise DeliverabilityError("the diagnosis has no time: give now to the filter postmaster.deliverability.diagnose")
    formats = [format] if isinstance(format, str) else list(format)
    for name in formats:
        if name not in FORMATS:
            raise DeliverabilityError(f"format: {name!r} is not one of {', '.join(FORMATS)}")
    for option in options:
        if not any(option in _takes(name) for name in formats):
            raise DeliverabilityError(f"{option}: no such option of the format {', '.join(formats)}")
    words(language)
    given = {"language": language, **options}
    plain = diagnosis if type(diagnosis) is dict else _plain(diagnosis)  # pylint: disable=unidiomatic-typecheck
    texts = {name: FORMATS[name](plain, **{option: given[option] for option in _takes(name) if option in given}) for name in formats}
    return texts[format] if isinstance(format, str) else texts
