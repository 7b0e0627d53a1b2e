# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mail lab on one Debian machine: real mail servers under systemd, real DNS, and receivers that ask it; no containers, and no way out.

usage: lab.py up [HOST...] | down | status | exec COMMAND... | ssh HOST COMMAND... | reset HOST...

Every host is a network namespace on one bridge, without a default route; the senders boot Debian in them (systemd-nspawn on an overlay).
``world.py`` tells who there is, ``docs/lab.md`` how to use it. Needs root.

LAB_PREFIX (pmlab) begins the names of the namespaces, so that two labs can run side by side. LAB_DIR (.cache/lab) holds a folder for
each, and the Debian systems that all of them share. LAB_SUITE makes every host bookworm or trixie.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import world

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PREFIX = os.environ.get("LAB_PREFIX", "pmlab")
SOCKETS = pathlib.Path("/run") / PREFIX  # of SSH; a path in LAB_DIR may be too long for them
LABS = pathlib.Path(os.environ.get("LAB_DIR", ROOT / ".cache/lab")).resolve()
FOLDER = LABS / PREFIX
IMAGES = LABS / "images"
SUITE = os.environ.get("LAB_SUITE")

SERVERS_NETWORK = "internet"  # the namespace of the DNS and of every receiver
STARTS = 120  # seconds for anything to start on a busy machine

# Debian packages that the lab itself needs, each with a program that tells whether it is there.
NEEDED = {
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "nft": "nftables",
    "nsd": "nsd",
    "openssl": "openssl",
    "rbldnsd": "rbldnsd",
    "ssh": "openssh-client",
    "systemd-nspawn": "systemd-container",
    "unbound": "unbound",
}
POLICY = pathlib.Path("/usr/sbin/policy-rc.d")
RESOLVERS = pathlib.Path("/etc/netns")  # a folder for each namespace, which "ip netns exec" lays over /etc

# What the images hold, and what they must not start.
COMMON = "systemd systemd-sysv dbus python3 openssh-server iproute2 nftables rsyslog sudo procps ca-certificates openssl".split()
MTA_PACKAGES = {"postfix": ["postfix", "postfix-pcre", "libsasl2-modules"], "exim": ["exim4-daemon-light"]}
UNWANTED = (
    "apt-daily-upgrade.timer apt-daily.timer console-getty.service dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer"
    " getty@tty1.service systemd-firstboot.service systemd-networkd.service systemd-networkd.socket systemd-networkd-wait-online.service"
    " systemd-pstore.service systemd-resolved.service systemd-timesyncd.service"
).split()
IMAGE_VERSION = 2  # raise it when the above changes

POSTFIX_SETTINGS = {
    "compatibility_level": "3.6",
    "inet_interfaces": "loopback-only",
    "luser_relay": "ansible",
    "local_recipient_maps": "",
    "queue_run_delay": "1h",  # what waits is tried when a test says so, however slow the machine
    "minimal_backoff_time": "30s",
    "maximal_backoff_time": "60s",
    "smtp_tls_CAfile": "/etc/ssl/certs/ca-certificates.crt",
}
STRICT_SETTINGS = {
    "myhostname": world.REAL_POSTFIX,
    "mydestination": "",
    "inet_interfaces": world.SERVERS[world.REAL_POSTFIX][0],
    "maillog_file": "/var/log/postfix.log",
    "virtual_mailbox_domains": "strict.example",
    "virtual_mailbox_maps": "static:strict/",
    "virtual_mailbox_base": "/var/mail",
    "virtual_uid_maps": "static:65534",
    "virtual_gid_maps": "static:65534",
    "smtpd_helo_required": "yes",
    "smtpd_delay_reject": "yes",
    "unknown_hostname_reject_code": "450",
    "smtpd_recipient_restrictions": ", ".join(
        [
            "reject_unauth_destination",
            "reject_invalid_helo_hostname",
            "reject_non_fqdn_helo_hostname",
            "reject_unknown_helo_hostname",
            "reject_rbl_client zen.spamhaus.org",
            "reject_rbl_client bl.spamcop.net",
            "reject_unknown_client_hostname",
        ]
    ),
    "smtpd_peername_lookup": "yes",
    "smtpd_tls_security_level": "none",
    "smtpd_client_connection_rate_limit": "0",
    "lmtp_tls_security_level": "",
}


# ---- Commands


def run(*words, **options) -> str:
    """Run a command to its end and return what it printed; its complaints end the program."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise SystemExit(f"error: {' '.join(map(str, words))}\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def namespace(name: str = "") -> str:
    """The network namespace of a host; without a name, that of the controller."""
    return f"{PREFIX}-{name}" if name else PREFIX


def inside(name: str, *words) -> list[str]:
    """The command line that runs a command in a namespace, with the lab's resolver."""
    return ["ip", "netns", "exec", namespace(name), *map(str, words)]


def in_parallel(function, items) -> None:
    """Call ``function`` with each item at the same time; whatever goes wrong is raised."""
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(function, items))


def wait_until(true, what: str) -> None:
    """Wait until ``true()``."""
    end = time.monotonic() + STARTS
    while not true():
        if time.monotonic() > end:
            raise SystemExit(f"error: not within {STARTS} s: {what}; see {FOLDER}/log")
        time.sleep(0.05)


def search_path() -> str:
    """Where Debian keeps what only root runs."""
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


@contextlib.contextmanager
def locked(path: pathlib.Path) -> Iterator[None]:
    """Let only one process at a time work on ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def of_all_labs() -> contextlib.AbstractContextManager[None]:
    """Let only one lab at a time change what all of them share on this machine: its packages and /etc/netns."""
    return locked(LABS / "machine")


# ---- What the lab stands on


def install_needed() -> None:
    """Install the missing packages; none of their services may start."""
    missing = sorted(package for program, package in NEEDED.items() if not shutil.which(program, path=search_path()))
    if not missing:
        return
    say(f"installing {' '.join(missing)}")
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run("apt-get", "update", "-q")
        run("apt-get", "install", "-q", "-y", "--no-install-recommends", *missing, env=environment)
    finally:
        if ours:
            POLICY.unlink()


def image_of(host: world.Host) -> pathlib.Path:
    return IMAGES / f"{SUITE or host.suite}-{host.mta}-{IMAGE_VERSION}"


def build_image(image: pathlib.Path) -> None:
    """Make a Debian system, once; it is never written to afterwards."""
    suite, mta, _version = image.name.split("-")
    with locked(image):
        if image.exists():
            return
        say(f"building {image.name}")
        raw = image.with_name(f"{image.name}.part")
        shutil.rmtree(raw, ignore_errors=True)
        excluded = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")]
        packages = ",".join([*COMMON, *MTA_PACKAGES[mta]])
        run("mmdebstrap", "--quiet", "--variant=minbase", f"--include={packages}", "--dpkgopt=force-unsafe-io", *excluded, suite, raw)
        for name in ("ansible", "app"):
            run("chroot", raw, "useradd", "--create-home", "--shell", "/bin/bash", name)
        (raw / "etc/sudoers.d/ansible").write_text("ansible ALL=(ALL) NOPASSWD: ALL\n")
        for unit in UNWANTED:
            link = raw / "etc/systemd/system" / unit
            link.unlink(missing_ok=True)
            link.symlink_to("/dev/null")
        for key in (raw / "etc/ssh").glob("ssh_host_*"):
            key.unlink()
        raw.rename(image)


# ---- The network


def network_up() -> None:
    """One bridge, in the controller's namespace, and a namespace for each host and router."""
    run("ip", "netns", "add", namespace())
    batch("", "link set lo up", "link add lan type bridge forward_delay 0", "link set lan up", *configured("lan", world.CONTROLLER))
    join(SERVERS_NETWORK, [world.NAMESERVER, *(address for addresses in world.SERVERS.values() for address in addresses)])
    for name, host in world.HOSTS.items():
        if host.gateway:
            join_behind_gateway(name, host)
        else:
            join(name, [identity.address for identity in host.identities])
        if host.closed:
            firewall(name, "\n".join(f"ip saddr {address} tcp dport 25 reject with tcp reset" for address in host.closed))


def join(name: str, addresses: list[str]) -> None:
    """Make a namespace on the bridge; new connections leave from the first address of each family."""
    run("ip", "netns", "add", namespace(name))
    batch("", f"link add v-{name} type veth peer name eth0 netns {namespace(name)}", f"link set v-{name} master lan up")
    batch(name, "link set lo up", "link set eth0 up", *configured("eth0", addresses))


def join_behind_gateway(name: str, host: world.Host) -> None:
    """Make a router on the bridge, and behind it a namespace with a private address, which the router replaces."""
    assert host.gateway
    router = f"{name}-gw"
    outside = [identity.address for identity in host.gateway.outside]
    join(router, outside)
    run("ip", "netns", "add", namespace(name))
    batch(
        router,
        f"link add inside type veth peer name eth0 netns {namespace(name)}",
        "link set inside up",
        f"addr add {host.gateway.inside}/24 dev inside",
    )
    batch(name, "link set lo up", f"addr add {host.address}/24 dev eth0", "link set eth0 up")
    batch(name, *[f"route add {network} via {host.gateway.inside}" for network in world.NETWORKS if ":" not in network])
    batch("", f"route add {host.address}/32 via {outside[0]} dev lan")
    run(*inside(router, "sysctl", "-qw", "net.ipv4.ip_forward=1"))
    translate(name, outside[0])


def translate(name: str, address: str) -> None:
    """Let what a host behind a router begins leave from one of the router's addresses; the router's ``snat`` command, too."""
    host = world.HOSTS[name]
    rules = f"type nat hook postrouting priority srcnat; ip saddr {host.address} oifname eth0 snat to {address};"
    nft = f"table ip lab {{}}\ndelete table ip lab\ntable ip lab {{\nchain out {{\n{rules}\n}}\n}}\n"
    run(*inside(f"{name}-gw", "nft", "-f", "-"), input=nft)


def firewall(name: str, rules: str) -> None:
    """Replace the rules for what a host sends."""
    nft = f"table inet lab {{}}\ndelete table inet lab\ntable inet lab {{ chain out {{ type filter hook output priority 0;\n{rules}\n}}\n}}\n"
    run(*inside(name, "nft", "-f", "-"), input=nft)


def batch(name: str, *lines: str) -> None:
    """Several ``ip`` commands in one namespace."""
    run("ip", "-n", namespace(name), "-batch", "-", input="\n".join(lines))


def configured(device: str, addresses) -> list[str]:
    """The ``ip`` commands that give a device addresses, and on-link routes to everything in the lab, from the first address of each family."""
    adding = [f"addr add {address}/128 dev {device} nodad" if ":" in address else f"addr add {address}/32 dev {device}" for address in addresses]
    first = {":" in address: address for address in reversed(addresses)}
    routes = [f"route add {network} dev {device} src {first[':' in network]}" for network in world.NETWORKS if (":" in network) in first]
    return adding + routes


# ---- DNS and receivers


def start(name: str, *words) -> None:
    """Start a server in the servers' namespace; it ends with the lab."""
    with (FOLDER / "log" / f"{name}.log").open("a") as log:
        subprocess.Popen(
            inside(SERVERS_NETWORK, *words),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "PATH": search_path()},
        )


def dns_up() -> None:
    """Rbldnsd keeps the lists, nsd the root and every other zone, unbound asks both and remembers nothing."""
    folder = FOLDER / "dns"
    folder.mkdir()
    folder.chmod(0o755)
    (FOLDER / "listings.json").write_text(json.dumps(world.listings()))
    write_lists()
    for zone in world.NAME_LISTS:
        (folder / f"list.{zone}").write_text(world.name_list_file(zone))
    (folder / "list6.zen.spamhaus.org").write_text(world.list6_file("zen.spamhaus.org"))
    zones = world.zone_files()
    for origin, text in zones.items():
        (folder / f"zone.{origin}").write_text(text)
    (folder / "nsd.conf").write_text(
        f'server:\n  ip-address: {world.NAMESERVER}@5302\n  username: ""\n  chroot: ""\n  database: ""\n  zonesdir: "{folder}"\n  pidfile: "{folder}/nsd.pid"\n'
        f'  xfrdfile: "{folder}/xfrd"\n  zonelistfile: "{folder}/zones"\n  server-count: 1\nremote-control:\n  control-enable: no\n'
        + "".join(f'zone:\n  name: "{origin}"\n  zonefile: "zone.{origin}"\n' for origin in zones)
    )
    stubs = {".": 5302, **dict.fromkeys(world.LISTS, 5301)}
    (folder / "unbound.conf").write_text(
        f'server:\n  interface: {world.NAMESERVER}\n  access-control: 0.0.0.0/0 allow\n  username: ""\n  chroot: ""\n  directory: "{folder}"\n  pidfile: ""\n'
        '  use-syslog: no\n  do-daemonize: no\n  num-threads: 1\n  module-config: "iterator"\n  cache-max-ttl: 0\n  cache-max-negative-ttl: 0\n  do-ip6: no\n'
        + "".join(f'  local-zone: "{origin}" nodefault\n' for origin in zones if origin.endswith(".arpa"))
        + "remote-control:\n  control-enable: no\n"
        + "".join(f'stub-zone:\n  name: "{zone}"\n  stub-addr: {world.NAMESERVER}@{port}\n' for zone, port in stubs.items())
    )
    lists = [*(f"{zone}:{kind}:list.{zone}" for zone, kind in world.LISTS.items()), "zen.spamhaus.org:ip6trie:list6.zen.spamhaus.org"]
    # rbldnsd gives up root before it reads its files, so it gets to see no folder above them.
    start("rbldnsd", "rbldnsd", *"-n -4 -c 1s -u nobody -w /".split(), "-r", folder, "-b", f"{world.NAMESERVER}/5301", *lists)
    start("nsd", "nsd", "-d", "-c", folder / "nsd.conf")
    start("unbound", "unbound", "-d", "-c", folder / "unbound.conf")


def write_lists() -> None:
    """Write the lists of addresses as ``listings.json`` has them; rbldnsd notices within a second."""
    for zone, entries in json.loads((FOLDER / "listings.json").read_text()).items():
        fresh = FOLDER / "dns" / f"new.{zone}"
        fresh.write_text(world.list_file(zone, entries))
        fresh.rename(FOLDER / "dns" / f"list.{zone}")


CERTIFICATES = """[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[relay]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


def certificates_up() -> None:
    """A certificate authority, a certificate of each relay; that of the untrusted one is signed by itself."""
    folder = FOLDER / "tls"
    folder.mkdir()
    (folder / "openssl.cnf").write_text(CERTIFICATES)
    request = ["req", "-x509", "-config", folder / "openssl.cnf", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"]
    authority = [folder / "ca.key", folder / "ca.crt"]
    run("openssl", *request, "-extensions", "authority", "-subj", "/CN=Lab certificate authority", "-keyout", authority[0], "-out", authority[1])
    for relay in world.RELAYS:
        signed = [] if relay == world.UNTRUSTED else ["-CA", authority[1], "-CAkey", authority[0]]
        named = ["-extensions", "relay", "-subj", f"/CN={relay}", "-addext", f"subjectAltName=DNS:{relay}"]
        parts = [folder / f"{relay}.key", folder / f"{relay}.crt"]
        run("openssl", *request, *signed, *named, "-keyout", parts[0], "-out", parts[1])
        (folder / f"{relay}.pem").write_text("".join(part.read_text() for part in parts))


def strict_image() -> pathlib.Path:
    """The system that the receiver which is a real Postfix runs on."""
    return IMAGES / f"{SUITE or 'bookworm'}-postfix-{IMAGE_VERSION}"


def receivers_up(image: pathlib.Path) -> None:
    start("receivers", sys.executable, HERE / "receivers.py", FOLDER)
    root = mount_image(world.REAL_POSTFIX, image)
    (root / "etc/resolv.conf").write_text(f"nameserver {world.NAMESERVER}\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
    (root / "var/mail/strict").mkdir()
    os.chown(root / "var/mail/strict", 65534, 65534)
    settings = [f"{name} = {value}" for name, value in STRICT_SETTINGS.items()]
    run("chroot", root, "postconf", "-e", *settings)
    run("chroot", root, "postconf", "-F", "*/*/chroot=n")
    start("strict", "chroot", root, "postfix", "start")


# ---- Hosts


def mount_image(name: str, image: pathlib.Path) -> pathlib.Path:
    """Return a fresh, writable view of an image."""
    folder = FOLDER / "hosts" / name
    for part in ("upper", "work", "root"):
        (folder / part).mkdir(parents=True)
    layers = f"lowerdir={image},upperdir={folder}/upper,workdir={folder}/work"
    run("mount", "-t", "overlay", namespace(name), "-o", layers, folder / "root")
    return folder / "root"


def host_up(name: str) -> None:
    """Boot a host from a fresh view of its image."""
    host = world.HOSTS[name]
    root = mount_image(name, image_of(host))
    files = {
        "etc/hostname": name,
        "etc/mailname": host.domain,
        "etc/hosts": f"127.0.0.1 localhost\n{host.address} {host.helo} {name}",
        "etc/resolv.conf": f"nameserver {world.NAMESERVER}",
        "etc/machine-id": f"{sum(name.encode()):032x}",
    }
    for path, text in files.items():
        (root / path).unlink(missing_ok=True)
        (root / path).write_text(text + "\n")
    shutil.copy(FOLDER / "ssh/host_key", root / "etc/ssh/ssh_host_ed25519_key")
    shutil.copy(FOLDER / "ssh/host_key.pub", root / "etc/ssh/ssh_host_ed25519_key.pub")
    with (root / "etc/ssl/certs/ca-certificates.crt").open("a") as trusted:
        trusted.write((FOLDER / "tls/ca.crt").read_text())
    for home in ("root", "home/ansible"):
        keys = root / home / ".ssh/authorized_keys"
        keys.parent.mkdir(mode=0o700, exist_ok=True)
        shutil.copy(FOLDER / "ssh/key.pub", keys)
        owner = (root / home).stat()
        for path in (keys.parent, keys):
            os.chown(path, owner.st_uid, owner.st_gid)
    {"postfix": configure_postfix, "exim": configure_exim}[host.mta](root, host)
    boot(name)


def configure_postfix(root: pathlib.Path, host: world.Host) -> None:
    families = {identity.is6: identity.address for identity in reversed(host.identities)}
    settings = {
        **POSTFIX_SETTINGS,
        "myhostname": host.helo,
        "myorigin": host.domain,
        "mydestination": f"{host.helo}, {host.domain}, localhost",
        "inet_protocols": "all" if True in families else "ipv4",
        "smtp_bind_address": families[False] if len(host.identities) > 1 else "",
        "smtp_bind_address6": families.get(True, ""),
        "smtp_address_preference": "ipv6",
    }
    run("chroot", root, "postconf", "-e", *[f"{name} = {value}" for name, value in settings.items()])


def configure_exim(root: pathlib.Path, host: world.Host) -> None:
    families = {identity.is6: identity.address for identity in reversed(host.identities)}
    answers = {
        "eximconfig_configtype": "internet",
        "other_hostnames": f"{host.helo} : {host.domain}",
        "local_interfaces": "127.0.0.1 ; ::1",
        "localdelivery": "mail_spool",
        "use_split_config": "false",
    }
    answered = "".join(f"dc_{name}='{value}'\n" for name, value in answers.items())
    (root / "etc/exim4/update-exim4.conf.conf").write_text(f"# This is a Debian specific file\n\n{answered}CFILEMODE='644'\n")
    macros = {"MAIN_HARDCODE_PRIMARY_HOSTNAME": host.helo, "REMOTE_SMTP_INTERFACE": "<; " + " ; ".join(families[family] for family in sorted(families))}
    (root / "etc/exim4/exim4.conf.localmacros").write_text("".join(f"{name} = {value}\n" for name, value in macros.items()))


def control_groups(name: str) -> list[pathlib.Path]:
    """The control groups of one host: systemd wants one that it shares with no other."""
    base = pathlib.Path("/sys/fs/cgroup")
    hierarchies = [base] if (base / "cgroup.procs").exists() else [base / kind for kind in ("systemd", "unified") if (base / kind).is_dir()]
    return [hierarchy / PREFIX / name for hierarchy in hierarchies]


def boot(name: str) -> None:
    """Start systemd-nspawn, which leaves with 133 when the host reboots, and start it again then."""
    groups = control_groups(name)
    for group in groups:
        group.mkdir(parents=True, exist_ok=True)
    joining = "; ".join(f"echo $$ > {group}/cgroup.procs" for group in groups)
    flags = "--quiet --register=no --keep-unit --link-journal=no --resolv-conf=off --timezone=off --console=pipe --boot".split()
    words = ["systemd-nspawn", *flags, f"--network-namespace-path=/run/netns/{namespace(name)}", f"--machine={namespace(name)}", f"--hostname={name}"]
    with (FOLDER / "log" / f"{name}.log").open("a") as log:
        subprocess.Popen(
            ["sh", "-c", f'{joining}; code=133; while [ "$code" = 133 ]; do "$@"; code=$?; done', PREFIX, *words, f"--directory={FOLDER}/hosts/{name}/root"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def wait_for_host(name: str) -> None:
    """Wait until a host has started everything, and nothing of it failed."""

    def ask(command: str) -> str:
        try:
            return subprocess.run(ssh_command(name, command), capture_output=True, text=True, check=False, timeout=STARTS / 4).stdout.strip()
        except subprocess.TimeoutExpired:
            return ""

    try:
        wait_until(lambda: ask("systemctl is-system-running --wait") in ("running", "degraded"), f"{name} boots")
    except SystemExit as late:
        raise SystemExit(f"{late}\n{ask('systemctl list-jobs; systemctl --failed')}") from None
    failed = ask("systemctl --failed --no-legend")
    if failed:
        raise SystemExit(f"error: {name} booted without {failed}")


# ---- The controller


def controller_up() -> None:
    """Keys, commands that lead into the lab's network, and the inventory."""
    (FOLDER / "ssh").mkdir(mode=0o700)
    SOCKETS.mkdir(mode=0o700)
    for key in ("host_key", "key"):
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", PREFIX, "-f", FOLDER / "ssh" / key)
    public = (FOLDER / "ssh/host_key.pub").read_text()
    (FOLDER / "ssh/known_hosts").write_text("".join(f"{host.address} {public}" for host in world.HOSTS.values()))
    (FOLDER / "bin").mkdir()
    for name in ("ssh", "scp", "sftp", "sh"):
        command = FOLDER / "bin" / name
        command.write_text(f'#!/bin/sh\nexec ip netns exec {namespace()} {name} "$@"\n')
        command.chmod(0o755)
    for name in ("", SERVERS_NETWORK):
        resolver = RESOLVERS / namespace(name) / "resolv.conf"
        with of_all_labs():
            resolver.parent.mkdir(parents=True, exist_ok=True)
        resolver.write_text(f"nameserver {world.NAMESERVER}\n")
    (FOLDER / "inventory.json").write_text(json.dumps(inventory(), indent=2) + "\n")


def inventory() -> dict:
    """Return Ansible's inventory: the senders over SSH, and a localhost whose modules see the lab's network and DNS."""
    groups: dict[str, dict] = {mta: {"hosts": {}} for mta in MTA_PACKAGES}
    for name, host in world.HOSTS.items():
        public = [{"address": identity.address, "helo": identity.name or ""} for identity in host.public]
        groups[host.mta]["hosts"][name] = {
            "ansible_host": host.address,
            "lab_identities": public,
            "audit_domains": [host.domain],
            "audit_pool": [identity for identity in public[1:] if identity["helo"]],
            **({"audit_public_addresses": {host.address: public[0]["address"]}, "lab_gateway": namespace(f"{name}-gw")} if host.gateway else {}),
        }
    reached = {
        "ansible_user": "ansible",
        "ansible_become": True,
        "ansible_pipelining": True,
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_private_key_file": str(FOLDER / "ssh/key"),
        "ansible_ssh_executable": str(FOLDER / "bin/ssh"),
        "ansible_scp_executable": str(FOLDER / "bin/scp"),
        "ansible_sftp_executable": str(FOLDER / "bin/sftp"),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={FOLDER}/ssh/known_hosts -o StrictHostKeyChecking=yes",
        # Hosts of two labs have the same addresses: no connection of one is for the other.
        "ansible_control_path_dir": str(SOCKETS),
        "audit_dnsbl_profile": "major",
    }
    local = {
        "ansible_connection": "local",
        "ansible_pipelining": True,
        "ansible_python_interpreter": sys.executable,
        "ansible_shell_executable": str(FOLDER / "bin/sh"),
    }
    return {"all": {"children": {"senders": {"vars": reached, "children": groups}}, "hosts": {"localhost": local}}}


def ssh_command(name: str, *words: str) -> list[str]:
    """The command line that runs a command on a host as root; all of them share a connection, until the host gets a fresh system."""
    folder = FOLDER / "hosts" / name
    system = folder.stat().st_mtime_ns if folder.exists() else "none"
    shared = ["ControlMaster=auto", "ControlPersist=yes", f"ControlPath={SOCKETS}/{name}-{system}"]
    options = ["BatchMode=yes", "ConnectTimeout=5", "LogLevel=ERROR", f"UserKnownHostsFile={FOLDER}/ssh/known_hosts", *shared]
    flags = [flag for option in options for flag in ("-o", option)]
    return inside("", "ssh", *flags, "-i", FOLDER / "ssh/key", f"root@{world.HOSTS[name].address}", *words)


# ---- What can be asked of this program


def up(*names: str) -> None:
    """Start the lab with these hosts, by default all; what runs already is left alone."""
    with locked(FOLDER):
        if not (FOLDER / "up").exists():
            down()
            with of_all_labs():
                install_needed()
            world_up()
        absent = [name for name in names or world.HOSTS if not (FOLDER / "hosts" / name).exists()]
        in_parallel(build_image, {image_of(world.HOSTS[name]) for name in absent})
        in_parallel(host_up, absent)
        in_parallel(wait_for_host, absent)
        wait_until(receivers_answer, "the receivers")
        (FOLDER / "up").touch()
        say("up")


def world_up() -> None:
    """Everything but the senders."""
    image = strict_image()
    IMAGES.mkdir(parents=True, exist_ok=True)
    in_parallel(build_image, {image, *(image_of(host) for host in world.HOSTS.values())})
    for part in ("log", "hosts"):
        (FOLDER / part).mkdir(parents=True)
    certificates_up()
    network_up()
    controller_up()
    dns_up()
    receivers_up(image)


def receivers_answer() -> bool:
    """Whether the DNS and the last of the receivers answer."""
    looking = (
        "import dns.resolver, socket, world\n"
        "assert dns.resolver.resolve('2.0.0.127.zen.spamhaus.org')\n"
        "assert dns.resolver.resolve('strict.example', 'MX')\n"
        "for server in world.SERVERS: socket.create_connection((world.SERVERS[server][0], 587 if server in world.RELAYS else 25), 5).recv(1)\n"
    )
    words = inside("", sys.executable, "-c", looking)
    return subprocess.run(words, cwd=HERE, capture_output=True, check=False).returncode == 0


def down() -> None:
    """End everything that runs in the lab's namespaces, and leave nothing but the images."""
    names = [line.split()[0] for line in run("ip", "netns", "list").splitlines()]
    ours = [name for name in names if name == PREFIX or name.startswith(f"{PREFIX}-")]
    for name in ours:
        kill_all(name)
    unmount(FOLDER)
    for name in ours:
        run("ip", "netns", "delete", name)
        shutil.rmtree(RESOLVERS / name, ignore_errors=True)
    with of_all_labs(), contextlib.suppress(OSError):
        RESOLVERS.rmdir()
    for group in control_groups(""):
        remove_group(group)
    shutil.rmtree(SOCKETS, ignore_errors=True)
    shutil.rmtree(FOLDER, ignore_errors=True)


def kill_all(name: str) -> None:
    """Kill what runs in a namespace, but not ourselves; what booted a host ends with it."""
    kept = {os.getpid(), os.getppid()}

    def killed() -> bool:
        left = {int(word) for word in run("ip", "netns", "pids", name).split()} - kept
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        return not left

    wait_until(killed, f"the processes of {name} end")


def unmount(folder: pathlib.Path) -> None:
    """Unmount everything below a folder."""
    mounts = [line.split()[4] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()]
    for mount in sorted((mount for mount in mounts if mount.startswith(f"{folder}/")), reverse=True):
        wait_until(lambda mount=mount: subprocess.run(["umount", mount], capture_output=True, check=False).returncode == 0, f"{mount} is no longer used")


def remove_group(group: pathlib.Path) -> None:
    """Remove a control group and those below it; their processes may still be ending."""
    if group.exists():
        below = sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True)
        for path in [*below, group]:
            wait_until(lambda path=path: _removed(path), f"the processes of {path} end")


def _removed(path: pathlib.Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        try:
            path.rmdir()
        except OSError:
            return False
    return True


def reset(*names: str) -> None:
    """Give hosts a fresh system."""

    def renew(name: str) -> None:
        kill_all(namespace(name))
        unmount(FOLDER / "hosts" / name)
        for group in control_groups(name):
            remove_group(group)
        shutil.rmtree(FOLDER / "hosts" / name)
        host_up(name)
        wait_for_host(name)

    in_parallel(renew, names)


def status() -> None:
    """Print a line for each host; exit with 3 if the lab is down."""
    if not (FOLDER / "up").exists():
        raise SystemExit(3)
    for name, host in world.HOSTS.items():
        if not (FOLDER / "hosts" / name).exists():
            continue
        said = subprocess.run(ssh_command(name, "systemctl", "is-system-running"), capture_output=True, text=True, check=False).stdout.strip()
        print(f"{name:8} {host.mta:8} {image_of(host).name.partition('-')[0]:9} {said or 'unreachable':12} {', '.join(i.address for i in host.identities)}")


def execute(*words: str) -> None:
    """Become a command on the controller that sees the lab's network and DNS."""
    os.execvp("ip", inside("", *words))


def ssh(name: str, *words: str) -> None:
    """Become a command, or a shell, on a host."""
    os.execvp("ip", ssh_command(name, *words))


def say(text: str) -> None:
    sys.stderr.write(f"{time.monotonic() - STARTED:6.1f} s  {text}\n")


STARTED = time.monotonic()
COMMANDS = {"up": up, "down": down, "status": status, "exec": execute, "ssh": ssh, "reset": reset}


def main(words: list[str]) -> None:
    if not words or words[0] not in COMMANDS:
        raise SystemExit(__doc__.split("\n\n")[1])
    if os.geteuid() != 0:
        raise SystemExit("error: the lab needs root")
    COMMANDS[words[0]](*words[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
