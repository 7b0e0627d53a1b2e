#!/bin/sh
# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# usage: venv.sh FOLDER REQUIREMENTS [FURTHER FILE]...
#
# Make the virtual environment FOLDER hold what the file REQUIREMENTS pins (the further files are those that it includes).
# When it already does, nothing is run and no network is needed: FOLDER/installed/ keeps a copy of every file that was installed from.
# PYTHON names the interpreter to use; otherwise the first one that is new enough is taken.

set -eu

venv=$1
shift

fail() {
    echo "error: $*" >&2
    exit 1
}

usable() {
    "$1" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.11 python3.12 python3.13}; do
        if usable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer with the venv module is needed, tried: ${PYTHON:-python3 python3.11 python3.12 python3.13}." \
        "On Debian: apt-get install python3-venv; elsewhere name one with PYTHON=/path/to/python3."
}

installed() {
    "$venv/bin/python" -c '' 2>/dev/null || return 1
    for file in "$@"; do
        cmp -s "$file" "$venv/installed/$(echo "$file" | tr / _)" || return 1
    done
}

install() {
    mkdir -p .cache
    if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        python=$(find_python)
        rm -rf "$venv"
        "$python" -m venv "$venv" >.cache/pip.log 2>&1 || fail "cannot make $venv with $python: $(tail -n 1 .cache/pip.log)"
    fi
    echo "Installing $1 into $venv" >&2
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --requirement "$1" >.cache/pip.log 2>&1 ||
        fail "pip could not install $1 (is PyPI reachable? all of its output is in .cache/pip.log): $(grep -i error .cache/pip.log | tail -n 1)"
    mkdir -p "$venv/installed"
    for file in "$@"; do
        cp "$file" "$venv/installed/$(echo "$file" | tr / _)"
    done
}

installed "$@" || install "$@"
