#!/bin/sh
# Makes .venv with everything the platform, its tests and its tools need, from requirements.lock.
# Every package is checked against its hash. Where packages come from is pip's configuration.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

usable() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3.14 python3; do
        if command -v "$candidate" >/dev/null 2>&1 && usable "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    say "error: no Python 3.11 or newer with venv found [PYTHON_MISSING]"
    say "  fix: Debian, Ubuntu, Raspberry Pi OS: sudo apt install python3 python3-venv"
    say "       macOS: brew install python@3.13"
    say "       elsewhere: install it and name it: make up PYTHON=/path/to/python3.11"
    exit 1
}

# uv installs in seconds what takes pip half a minute. It is in the lock itself, and takes from
# pip's configuration what it does not read by itself.
install_with_uv() {
    .venv/bin/pip config list >/dev/null 2>&1 || return 1
    setting() {
        .venv/bin/pip config list | sed -nE "s/^(:env:|global|install)\.$1='(.*)'\$/\2/p" | head -n 1
    }
    index=$(setting index-url)
    more=$(setting extra-index-url)
    links=$(setting find-links)
    [ -z "$index" ] || export UV_DEFAULT_INDEX="$index"
    [ -z "$more" ] || export UV_INDEX="$more"
    [ -z "$links" ] || [ ! -e "$links" ] || export UV_FIND_LINKS="$links"
    awk '/^uv==/ { wanted = 1 } wanted { print } wanted && !/\\$/ { exit }' requirements.lock > .venv/uv.lock
    .venv/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r .venv/uv.lock || return 1
    UV_HTTP_TIMEOUT=120 .venv/bin/uv pip install --quiet --compile-bytecode --python .venv/bin/python \
        --require-hashes -r requirements.lock
}

install_with_pip() {
    .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
}

python=$(find_python)
# Made anew when it is of another Python, or half made.
[ -x .venv/bin/pip ] && usable .venv/bin/python || rm -rf .venv
[ -d .venv ] || { say "making .venv with $python"; "$python" -m venv .venv; }
say "installing what requirements.lock lists"
install_with_uv || { say "uv could not; pip can, but takes longer"; install_with_pip; }
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
say "ready: .venv/bin/tianfu"
