# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Folding entries and attempts into groups, totals, hours and the flow of senders: what leaves a mail host instead of its mail.

The size of every result is bounded, and so is the memory used on the way: what does not fit is summed, not forgotten.
"""

from __future__ import annotations

import re

from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import Attempt, Recent, domain_of, rfc3339
from ansible_collections.postmaster.deliverability.plugins.module_utils._smtp.template import template_of

# Longer than any reply that a server may send to mean something.
TEXT_MAX = 8192
SAMPLES = 3
SENDER_DOMAINS = 5
HOURS_OF_A_GROUP = 48
HOURS_OF_A_LOG = 24 * 31
# Groups, destinations and senders kept while reading; far more than are returned, few enough for a small host.
GROUPS_HELD = 5000
DESTINATIONS_HELD = 20000
SENDERS_HELD = 20000
MESSAGES_HELD = 50000
# Of one message, while its end is not known.
ATTEMPTS_HELD = 500
AGES = (3600, 4 * 3600, 86400, 3 * 86400, 5 * 86400, None)
TOP = 10
# A sender's hour is sudden when it is this many messages and this many times what the sender's other hours are on average.
SUDDEN_MESSAGES = 100
SUDDEN_FACTOR = 10
# Under a day of log nobody's usual volume is known.
SUDDEN_HOURS = 24

# A reply to one of these is about one recipient or message.
ABOUT_ONE = frozenset(("RCPT TO", "DATA", "end of DATA"))

_REPLY = re.compile(r"(?:^|[\s:'\"(])[245]\d\d[ -]")
_UNKNOWN_USER = re.compile(
    r"\b[45]\.1\.[16]\b|\bunknown (?:user|recipient|mailbox|address)|\b(?:user|recipient|mailbox|address) unknown\b|no such (?:user|recipient|mailbox)", re.I
)


def has_reply(text: str) -> bool:
    """Tell whether the text quotes a server's reply, rather than what this side has to say about a connection."""
    return bool(_REPLY.search(text))


class Form:
    """What a text says once addresses, names and numbers are taken out."""

    __slots__ = ("reply", "template", "unknown_user")

    def __init__(self, template: str):
        self.template = template
        self.reply = has_reply(template)
        self.unknown_user = bool(_UNKNOWN_USER.search(template))


class Forms:
    """The forms of texts, remembered: a refusal is repeated a thousand times with another recipient."""

    def __init__(self):
        self.known: dict = {}
        self.of_template: dict = {}

    def of(self, item) -> Form:
        """Return the form of the text of a QueueEntry or Attempt."""
        return self.of_text(item.text, item.recipient, item.relay_host, item.relay_address)

    def of_text(self, text: str, recipient: str = "", host: str | None = None, address: str | None = None) -> Form:
        """Return the form of a text that may name this recipient, host and address; they are taken out first, so that more texts are known."""
        if len(text) > TEXT_MAX:
            text = text[:TEXT_MAX]
        if "@" in recipient:
            text = text.replace("<" + recipient + ">", "<address>")
        if host and host[-1].isalpha() and "." in host:
            text = text.replace(f"{host}[{address}]", "<host>[<ip>]")
        form = self.known.get(text)
        if form is None:
            if len(self.known) >= GROUPS_HELD:
                self.known.clear()
            template = template_of(text)
            form = self.known[text] = self.of_template.get(template) or Form(template)
            if len(self.of_template) < GROUPS_HELD:
                self.of_template[template] = form
        return form


class Group:
    """Entries or attempts that say the same thing about the same destination."""

    __slots__ = ("address", "bytes", "count", "dsn", "first", "handled", "hours", "key", "last", "masked", "reply", "samples", "senders", "stage", "text")

    def __init__(self, key: tuple):
        self.key = key  # destination, relay host, outcome, template, host level
        self.count = self.bytes = self.handled = 0
        self.text, self.stage, self.dsn, self.address = "", None, None, None
        self.first = self.last = None
        self.reply = False
        self.samples: list = []
        self.senders: list = []
        self.hours: dict = {}
        self.masked = True

    def add(self, item, moment, count: int = 1) -> None:
        """Count ``item`` (QueueEntry or Attempt) at ``moment``."""
        if not self.count:
            self.text, self.stage, self.first, self.last = item.text[:TEXT_MAX], item.stage, moment, moment
        self.count += count
        self.bytes += item.size
        if item.dsn:
            self.dsn = item.dsn
        if item.relay_address:
            self.address = item.relay_address
        if not item.masked:
            self.masked = False
        if moment is not None:
            if self.last is None or moment > self.last:
                self.last = moment
            if self.first is None or moment < self.first:
                self.first = moment
        if len(self.samples) < SAMPLES and item.queue_id and item.queue_id not in self.samples:
            self.samples.append(item.queue_id)
        if len(self.senders) < SENDER_DOMAINS and item.sender:
            domain = domain_of(item.sender)
            if domain and domain not in self.senders:
                self.senders.append(domain)

    def facts(self, now: int) -> dict:
        """Return the group as the plain dictionary that leaves the host."""
        destination, relay_host, outcome, template, host_level = self.key
        facts = {
            "destination": destination,
            "relay_host": relay_host,
            "relay_address": self.address,
            "outcome": outcome,
            "stage": self.stage,
            "template": template,
            "text": self.text,
            "dsn": self.dsn,
            "count": self.count,
            "bytes": self.bytes,
            "first": rfc3339(self.first),
            "last": rfc3339(self.last),
            "oldest_age": max(0, now - self.first) if self.first is not None else None,
            "samples": self.samples,
            "sender_domains": sorted(self.senders),
            "masked": self.masked,
        }
        if self.hours:
            facts["by_hour"] = {rfc3339(hour): self.hours[hour] for hour in sorted(self.hours)[-HOURS_OF_A_GROUP:]}
            facts["handled"] = self.handled
            facts["host_level"] = host_level
        return facts


class Groups:
    """All groups of a queue or a log, bounded."""

    def __init__(self):
        self.table: dict = {}
        self.beyond = Group(("", None, "deferred", "", False))

    def of(self, item, form: Form, destination: str, outcome: str, host_level: bool = False) -> Group:
        """Return the group that ``item`` belongs to."""
        key = (destination, item.relay_host, outcome, form.template, host_level)
        group = self.table.get(key)
        if group is None:
            if len(self.table) >= GROUPS_HELD:
                return self.beyond
            group = self.table[key] = Group(key)
            group.reply = form.reply
        return group

    def facts(self, now: int, max_groups: int) -> tuple:
        """Return ``(groups, rest)``: the largest groups, and the sum of the others."""
        ordered = sorted(self.table.values(), key=lambda group: (-group.count, _sortable(group.key)))
        kept, left = ordered[:max_groups], ordered[max_groups:]
        rest = {"count": sum(group.count for group in left) + self.beyond.count, "groups": len(left) + (1 if self.beyond.count else 0)}
        return [group.facts(now) for group in kept], rest


def _sortable(key: tuple) -> tuple:
    return tuple("" if part is None else str(part) for part in key)


class Truths:
    """The groups of real attempts, kept so that a text that hides its reason can be given to them."""

    def __init__(self):
        # queue id -> [(recipient, or "" for a server's trouble, group that the attempt was counted in, None once it was accepted)]
        self.waiting = Recent(MESSAGES_HELD)
        self.of_destination = Recent(GROUPS_HELD)
        self.of_relay = Recent(GROUPS_HELD)
        self.of_form = Recent(GROUPS_HELD)

    def note(self, group: Group) -> None:
        """Remember the group of an attempt that really was made."""
        destination, relay_host, outcome, template, _host_level = group.key
        if not group.reply or outcome == "bounced":  # what ended one message is not what others wait for
            self.of_form[template, relay_host] = group
            return
        self.of_destination[destination] = group
        if relay_host and group.stage not in ABOUT_ONE:
            self.of_relay[relay_host] = group

    def of_message(self, queue_id: str, recipient: str) -> Group | None:
        """Return the group of the last reply to this recipient of the message."""
        known: list = self.waiting.get(queue_id) or []
        return next((group for waiting, group in reversed(known) if waiting == recipient and group is not None and group.reply), None)

    def unmask(self, item, form: Form, destination: str):
        """Return ``item`` with the true reason, or as it is, still masked, where nothing tells it.

        In this order: the text quotes the server after all; the last reply to this message or to this destination, unless it came from another
        server than the one that the text names; what that server last said to anybody before it knew the recipient; a real attempt that met
        just this.
        """
        if form.reply:
            return item._replace(masked=False)
        found = self.of_message(item.queue_id, item.recipient) or self.of_destination.get(destination)
        if item.relay_host and (not found or found.key[1] != item.relay_host):
            found = self.of_relay.get(item.relay_host)
        found = found or self.of_form.get((form.template, item.relay_host))
        if not found:
            return item
        return item._replace(text=found.text, stage=found.stage, relay_host=found.key[1], relay_address=found.address, dsn=found.dsn or item.dsn, masked=False)


def summarise_queue(entries, now: int, max_groups: int, truths: Truths | None = None) -> dict:
    """Return the queue's facts: ``{total, recipients, bytes, oldest_age, by_queue, ages, groups, rest}``.

    ``total`` and ``bytes`` count messages, groups count recipients. ``entries`` yields QueueEntry, those of a message one after another.
    """
    groups, forms, truths = Groups(), Forms(), truths or Truths()
    total = recipients = size = 0
    oldest = None
    by_queue: dict = {}
    ages = [0] * len(AGES)
    message = None
    for entry in entries:
        recipients += entry.count
        first_recipient = entry.queue_id != message or not entry.queue_id
        if first_recipient:
            message = entry.queue_id
            messages = 1 if entry.queue_id else entry.count
            total += messages
            size += entry.size
            by_queue[entry.queue] = by_queue.get(entry.queue, 0) + messages
            if entry.arrival is not None:
                oldest = entry.arrival if oldest is None or entry.arrival < oldest else oldest
                age = now - entry.arrival
                ages[next(place for place, under in enumerate(AGES) if under is None or age < under)] += messages
        destination = entry.destination or domain_of(entry.recipient)
        if entry.masked:
            entry = truths.unmask(entry, forms.of(entry), destination)
        groups.of(entry, forms.of(entry), destination, "deferred").add(entry, entry.arrival, entry.count)
    facts, rest = groups.facts(now, max_groups)
    return {
        "total": total,
        "recipients": recipients,
        "bytes": size,
        "oldest_age": max(0, now - oldest) if oldest is not None else None,
        "by_queue": dict(sorted(by_queue.items())),
        "ages": [{"under": under, "count": count} for under, count in zip(AGES, ages)],
        "groups": facts,
        "rest": rest,
    }


class LogSummary:
    """Takes what a log reader reports and gives the log's facts.

    Readers call ``received`` for each message that entered, ``message`` once its sender and recipients are known, and ``attempt`` for each
    delivery attempt. A reader in a hurry counts deliveries by itself and reports sums by ``delivered`` and ``hour``.
    """

    def __init__(self, now: int):
        self.now = now
        self.groups = Groups()
        self.forms = Forms()
        self.truths = Truths()
        self.counts = {"received": 0, "delivered": 0, "deferred": 0, "bounced": 0, "expired": 0, "local": 0, "filtered": 0, "deferred_messages": 0}
        self.hours: dict = {}
        self.destinations: dict = {}
        self.beyond_destinations = 0
        self.senders = Flow()
        self.clients = Flow()
        self.waiting = self.truths.waiting
        self.warnings: dict = {}

    def received(self, moment: int, client: str = "", count: int = 1) -> None:
        """A message entered from ``client`` (the peer's login or address; empty for one submitted on this host), or ``count`` of them in that hour."""
        self.counts["received"] += count
        if client:
            self.clients.message(moment, client, count, count)

    def message(self, moment: int, sender: str, recipients: int = 1, count: int = 1) -> None:
        """A message of ``sender`` starts on its way to so many recipients, once for each message; or ``count`` messages to that many together."""
        self.senders.message(moment, sender, recipients, count)

    def warn(self, text: str) -> None:
        """Something in the log that explains more than one message, such as a source address that cannot be used; each text once."""
        if len(self.warnings) < TOP or text in self.warnings:
            self.warnings[text] = self.warnings.get(text, 0) + 1

    def hour(self, moment: int, outcome: str, count: int = 1) -> None:
        """Count attempts in the hour of ``moment``."""
        start = moment - moment % 3600
        row = self.hours.get(start)
        if row is None:
            row = self.hours[start] = {"sent": 0, "deferred": 0, "bounced": 0, "expired": 0}
        row[outcome] += count

    def delivered(self, destination: str, relay_host, relay_address, count: int, first: int, last: int) -> None:
        """So many recipients at a destination were accepted by a relay."""
        key = (destination, relay_host, relay_address)
        row = self.destinations.get(key)
        if row is not None:
            self.destinations[key] = (row[0] + count, min(row[1], first), max(row[2], last))
        elif len(self.destinations) < DESTINATIONS_HELD:
            self.destinations[key] = (count, first, last)
        else:
            self.beyond_destinations += count

    def attempt(self, attempt: Attempt) -> None:
        """Take one delivery attempt."""
        moment, queue_id, outcome, recipient, sender = attempt[:5]
        destination = attempt.destination or domain_of(recipient)
        if outcome == "sent":
            self._sent(attempt, destination)
            return
        form = attempt.form or self.forms.of(attempt)
        if attempt.masked and outcome != "bounced":  # what others wait for is not what ended this message
            attempt = self.truths.unmask(attempt, form, destination)
            form = self.forms.of(attempt)
        host_level = attempt.host_level
        group = self.groups.of(attempt, form, destination, outcome, host_level)
        group.add(attempt, moment)
        if not attempt.masked:
            self.truths.note(group)
        hour = moment - moment % 3600
        group.hours[hour] = group.hours.get(hour, 0) + 1
        if outcome == "deferred":
            known = self.waiting.get(queue_id)
            if known is None:
                self.waiting[queue_id] = [(recipient, group)]
            elif len(known) < ATTEMPTS_HELD:
                known.append((recipient, group))
            if not host_level and (not known or not any(waiting for waiting, _group in known[:-1])):
                self.counts["deferred_messages"] += 1
        if host_level:
            return
        self.counts[outcome] += 1
        self.hour(hour, outcome)
        if sender is not None:
            self.senders.failure(sender, outcome, form.unknown_user)

    def settled(self, queue_id: str, recipient: str) -> None:
        """A recipient of a message that had been put off was accepted: the earlier trouble is over for it, also with other servers of its domain.

        Without a recipient, the trouble with every server is over.
        """
        known: list = self.waiting.get(queue_id) or []
        for place, (waiting, group) in enumerate(known):
            if group is not None and (waiting == recipient or (not waiting and group.key[0] in ("", domain_of(recipient)))):
                group.handled += 1
                known[place] = (waiting, None)

    def waits(self, queue_id: str) -> dict:
        """Return the recipients of a message that were put off and not accepted since, each with the group of its last reason."""
        return {recipient: group for recipient, group in self.waiting.get(queue_id) or () if recipient and group is not None}

    def given_up(self, moment: int, queue_id: str, sender: str | None, size: int = 0) -> None:
        """A message became too old: each recipient that still waited expired, with the reason that it last waited for."""
        for recipient, group in (self.waits(queue_id) or {"": None}).items():
            attempt = Attempt(moment, queue_id, "expired", recipient, sender, size=size)
            if group:
                destination, relay_host = group.key[:2]
                attempt = attempt._replace(
                    text=group.text, stage=group.stage, relay_host=relay_host, relay_address=group.address, destination=destination, dsn=group.dsn
                )
            self.attempt(attempt)

    def _sent(self, attempt: Attempt, destination: str) -> None:
        self.counts["delivered"] += 1
        self.hour(attempt.time, "sent")
        if attempt.queue_id in self.waiting:
            self.settled(attempt.queue_id, attempt.recipient)
        if attempt.local:
            self.counts["local"] += 1
        else:
            self.delivered(destination, attempt.relay_host, attempt.relay_address, 1, attempt.time, attempt.time)

    def _delivered(self, max_groups: int, refusing: set) -> tuple:
        """Return ``(deliveries to tell, the others)``: the most frequent, and a bounded number of those to destinations that refused others."""
        ordered = sorted(self.destinations.items(), key=lambda item: (-item[1][0], _sortable(item[0])))
        told, left = ordered[:max_groups], ordered[max_groups:]
        also = [item for item in left if item[0][0] in refusing][: 2 * max_groups]
        chosen = {key for key, _row in also}
        return told + also, [item for item in left if item[0] not in chosen]

    def facts(self, log, max_groups: int) -> dict:
        """Return the log's facts; ``log`` is the LogFiles or Journal that was read."""
        groups, rest = self.groups.facts(self.now, max_groups)
        delivered, left = self._delivered(max_groups, {group["destination"] for group in groups})
        hours = 0 if log.first is None or log.last is None else max(1, -(-(log.last - log.first) // 3600))
        facts = {"first": rfc3339(log.first), "last": rfc3339(log.last), "lines": log.lines}
        facts.update(self.counts)
        facts.update(
            {
                "cursor": log.cursor,
                "by_hour": [dict(hour=rfc3339(hour), **self.hours[hour]) for hour in sorted(self.hours)[-HOURS_OF_A_LOG:]],
                "groups": groups,
                "rest": rest,
                "delivered_to": [
                    {"destination": destination, "relay_host": host, "relay_address": address, "count": count, "first": rfc3339(first), "last": rfc3339(last)}
                    for (destination, host, address), (count, first, last) in delivered
                ],
                "delivered_to_rest": {"count": sum(row[0] for _key, row in left) + self.beyond_destinations, "destinations": len(left)},
                "sender_domains": self.senders.domains(),
                "senders": {
                    "hours": hours,
                    "messages": self.senders.messages,
                    "top": self.senders.top(hours, "sender"),
                    "clients": self.clients.top(hours, "client"),
                },
            }
        )
        return facts


class Flow:
    """How much each sender (or client) sends, hour by hour, against its own history."""

    MESSAGES, RECIPIENTS, PEAK, PEAK_HOUR, DEFERRED, BOUNCED, EXPIRED, UNKNOWN_USER = range(8)
    PLACE = {"deferred": DEFERRED, "bounced": BOUNCED, "expired": EXPIRED}

    def __init__(self):
        self.messages = 0
        self.table: dict = {}
        self.hour = None
        self.this_hour: dict = {}

    def message(self, moment: int, sender: str, recipients: int, count: int) -> None:
        """Count messages."""
        hour = moment - moment % 3600
        if hour != self.hour:
            self._close_hour()
            self.hour = hour
        self.messages += count
        self.this_hour[sender] = self.this_hour.get(sender, 0) + count
        row = self._row(sender)
        row[self.MESSAGES] += count
        row[self.RECIPIENTS] += recipients

    def failure(self, sender: str, outcome: str, unknown_user: bool) -> None:
        """Count one failed attempt of a sender's message."""
        row = self._row(sender)
        row[self.PLACE[outcome]] += 1
        row[self.UNKNOWN_USER] += unknown_user

    def _row(self, sender: str) -> list:
        row = self.table.get(sender)
        if row is None:
            if len(self.table) >= SENDERS_HELD:
                sender = "*"  # the many small ones together
            row = self.table.setdefault(sender, [0] * 8)
        return row

    def _close_hour(self) -> None:
        for sender, count in self.this_hour.items():
            row = self._row(sender)
            if count > row[self.PEAK]:
                row[self.PEAK], row[self.PEAK_HOUR] = count, self.hour
        self.this_hour = {}

    def top(self, hours: int, label: str) -> list:
        """Return the senders with most messages and all sudden ones, at most twice ``TOP``."""
        self._close_hour()
        facts = [self._facts(sender, row, hours, label) for sender, row in self.table.items()]
        facts.sort(key=lambda fact: (-fact["messages"], fact[label]))
        return facts[:TOP] + [fact for fact in facts[TOP:] if fact["sudden"]][:TOP]

    def _facts(self, sender: str, row: list, hours: int, label: str) -> dict:
        messages, recipients, peak, peak_hour, deferred, bounced, expired, unknown_user = row
        usual = (messages - peak) / (hours - 1) if hours > 1 else 0.0
        facts = {label: sender, "messages": messages, "peak": peak, "peak_hour": rfc3339(peak_hour or None), "usual_per_hour": round(usual, 2)}
        facts["sudden"] = None if hours < SUDDEN_HOURS else peak >= SUDDEN_MESSAGES and peak >= SUDDEN_FACTOR * max(usual, 1.0)
        if label == "sender":
            facts.update({"recipients": recipients, "deferred": deferred, "bounced": bounced, "expired": expired, "unknown_user": unknown_user})
            facts["bounce_ratio"] = round(bounced / recipients, 4) if recipients else None
            facts["unknown_user_ratio"] = round(unknown_user / recipients, 4) if recipients else None
        return facts

    def domains(self) -> list:
        """Return the domains that mail was sent from, ``{domain, count}``, the busiest first; the null sender has none."""
        counts: dict = {}
        for sender, row in self.table.items():
            domain = domain_of(sender)
            if domain:
                counts[domain] = counts.get(domain, 0) + row[self.MESSAGES]
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return [{"domain": domain, "count": count} for domain, count in ordered[: 5 * TOP]]
