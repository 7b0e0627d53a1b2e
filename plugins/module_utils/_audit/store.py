# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The evidence of one host over time: what was stored last time joined with what its log says since then.

A host's log is read on from where the last run stopped (``log_cursor``), so that a large log is read once. What was read before is kept in the
store by the hour, and what is older than the window is forgotten.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.times import before, seconds_between
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.summary import SUDDEN_FACTOR, SUDDEN_HOURS, SUDDEN_MESSAGES

WINDOW = 7 * 86400
_GROUP = ("destination", "relay_host", "relay_address", "outcome", "template", "stage", "host_level")
_RELAY = ("destination", "relay_host", "relay_address")
_TOTALS = ("lines", "received", "delivered", "deferred", "bounced", "expired", "local", "filtered", "deferred_messages")
_OUTCOMES = {"sent": "delivered", "deferred": "deferred", "bounced": "bounced", "expired": "expired"}
_SAMPLES = 3


def join(stored, observed, window=WINDOW):
    """Join the stored ``mail_host`` of a host with the one just observed; ``window``: seconds of log that count.

    Identity, queue and warnings are those of now. The log's counts are added up hour by hour. Without a stored one, or where nothing was
    read on from a cursor, the observed one stands alone.
    """
    old, new = (stored or {}).get("log"), observed.get("log")
    if not old or not new or not _continues(old, new):
        return observed
    return {**observed, "log": _join_logs(old, new, before(observed["now"], window))}


def _continues(old, new):
    """Whether the new reading began where the old one ended; otherwise it has read the same lines again, and they must not count twice."""
    return not new.get("first") or not old.get("last") or new["first"] >= old["last"]


def _join_logs(old, new, since):
    hours = _add_rows(old["by_hour"], new["by_hour"], ("hour",), tuple(_OUTCOMES))
    hours = [row for row in hours if row["hour"] >= since[:13]]
    # What left the window is known by the hour for attempts only; the rest is taken to be spread evenly over the old time.
    share = _share(old, since)
    kept = {name: round((old.get(name) or 0) * share) + (new.get(name) or 0) for name in _TOTALS}
    kept.update({total: sum(row[outcome] for row in hours) for outcome, total in _OUTCOMES.items()})
    log = {**new, **kept}
    log["first"] = max(old.get("first") or new.get("first") or since, since)
    log["last"] = new.get("last") or old.get("last")
    log["by_hour"] = sorted(hours, key=lambda row: row["hour"])
    log["groups"] = _groups(old, new, since)
    log["rest"] = {key: int(old["rest"].get(key, 0) * share) + new["rest"].get(key, 0) for key in ("count", "groups")}
    relays = _add_rows(old["delivered_to"], new["delivered_to"], _RELAY, ("count",), earliest=("first",), latest=("last",))
    log["delivered_to"] = sorted((row for row in relays if (row["last"] or "") >= since), key=lambda row: (-row["count"], str(row["destination"])))
    domains = _add_rows(_dated(old, share), _dated(new), ("domain",), ("count",), latest=("last",))
    log["sender_domains"] = sorted((row for row in domains if (row["last"] or "") >= since), key=lambda row: (-row["count"], row["domain"]))
    log["senders"] = _join_flow(_faded_flow(old.get("senders") or {}, since, share), new.get("senders") or {}, log)
    return log


def _share(old, since):
    """How much of the old log's time is still within the window, from 0.0 to 1.0."""
    span = seconds_between(old.get("first"), old.get("last"))
    return min(1.0, max(0.0, seconds_between(since, old["last"]) / span)) if span else 1.0


def _dated(log, share=1.0):
    """The sender domains of a log, each with the time at which it was read last."""
    return [{**row, "count": round(row["count"] * share), "last": row.get("last") or log.get("last")} for row in log["sender_domains"]]


def _add_rows(old, new, keys, sums, earliest=(), latest=()):
    """Rows of both lists, those with the same ``keys`` added up."""
    joined = {}
    for row in [*old, *new]:
        key = tuple(row.get(name) for name in keys)
        known = joined.get(key)
        if known is None:
            joined[key] = dict(row)
            continue
        known.update({name: known[name] + row[name] for name in sums})
        known.update({name: min(filter(None, (known[name], row[name])), default=None) for name in earliest})
        known.update({name: max(filter(None, (known[name], row[name])), default=None) for name in latest})
    return list(joined.values())


def _groups(old, new, since):
    joined = {}
    for group in [*old["groups"], *new["groups"]]:
        key = tuple(group.get(name) for name in _GROUP)
        joined[key] = _add_groups(joined[key], group) if key in joined else group
    kept = [group for group in (_within(group, since) for group in joined.values()) if group["count"]]
    return sorted(kept, key=lambda group: (-group["count"], str(group["destination"]), group["template"]))


def _add_groups(old, new):
    hours = dict(old.get("by_hour") or {})
    for hour, count in (new.get("by_hour") or {}).items():
        hours[hour] = hours.get(hour, 0) + count
    return {
        **new,
        "count": old["count"] + new["count"],
        "bytes": (old.get("bytes") or 0) + (new.get("bytes") or 0),
        "handled": old.get("handled", 0) + new.get("handled", 0),
        "first": min(filter(None, (old.get("first"), new.get("first"))), default=None),
        "samples": list(dict.fromkeys([*(new.get("samples") or []), *(old.get("samples") or [])]))[:_SAMPLES],
        "sender_domains": sorted({*(old.get("sender_domains") or []), *(new.get("sender_domains") or [])}),
        "by_hour": dict(sorted(hours.items())),
    }


def _within(group, since):
    """The group without the hours that left the window."""
    hours = {hour: count for hour, count in (group.get("by_hour") or {}).items() if hour >= since[:13]}
    count = sum(hours.values())
    return {**group, "by_hour": hours, "count": count, "handled": min(group.get("handled", 0), count), "first": max(group.get("first") or since, since)}


# The flow of senders


def _faded_flow(flow, since, share):
    """The flow as far as it is within the window."""
    rows = {place: [_faded(row, since, share) for row in flow.get(place, [])] for place in ("top", "clients")}
    return {"messages": round((flow.get("messages") or 0) * share), **{place: [row for row in found if row["messages"]] for place, found in rows.items()}}


def _faded(row, since, share):
    """One sender's flow within the window. A peak that left it is forgotten, else who once sent spam would be suspect for ever."""
    stays = (row.get("peak_hour") or "") >= since[:13]
    usual = round((row["messages"] - row.get("peak", 0)) * share)
    counts = {key: round(row[key] * share) for key in ("recipients", "deferred", "bounced", "expired", "unknown_user") if key in row}
    if stays:
        return {**row, **counts, "messages": usual + row["peak"]}
    return {**row, **counts, "messages": usual, "peak": 0, "peak_hour": None, "sudden": False if row.get("sudden") else row.get("sudden")}


def _join_flow(old, new, log):
    hours = max(1, round(seconds_between(log["first"], log["last"]) / 3600))
    flow = {"hours": hours, "messages": (old.get("messages") or 0) + (new.get("messages") or 0)}
    for place, label in (("top", "sender"), ("clients", "client")):
        known = {row[label]: row for row in old.get(place, [])}
        rows = [_join_sender(known.pop(row[label], None), row, hours) for row in new.get(place, [])]
        flow[place] = sorted([*rows, *known.values()], key=lambda row: (-row["messages"], row[label]))
    return flow


def _join_sender(old, new, hours):
    """One sender's flow, its busiest hour of now measured by what was usual before."""
    if old is None:
        old = {}
    usual = old.get("usual_per_hour", 0.0)
    row = {**old, **new, "messages": old.get("messages", 0) + new["messages"]}
    row.update({key: old.get(key, 0) + new[key] for key in ("recipients", "deferred", "bounced", "expired", "unknown_user") if key in new})
    if old.get("peak", 0) > new["peak"]:
        row.update(peak=old["peak"], peak_hour=old["peak_hour"])
    row["usual_per_hour"] = round((row["messages"] - row["peak"]) / (hours - 1), 2) if hours > 1 else 0.0
    shot_up = new["peak"] >= SUDDEN_MESSAGES and new["peak"] >= SUDDEN_FACTOR * max(usual, 1.0)
    row["sudden"] = None if hours < SUDDEN_HOURS else bool(shot_up or old.get("sudden"))
    for ratio, count in (("bounce_ratio", "bounced"), ("unknown_user_ratio", "unknown_user")):
        if ratio in row:
            row[ratio] = round(row[count] / row["recipients"], 4) if row["recipients"] else None
    return row
