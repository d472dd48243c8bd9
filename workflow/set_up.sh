#!/bin/sh
# Make .venv with exactly the packages of requirements.lock. Says what it does, one line a step; when .venv is as it
# should be it does nothing, without the network. Everything it brings goes into .venv and .tools, in this folder.
set -eu

say() { printf '[set-up] %s\n' "$*"; }
fail() { printf '[set-up] %s\n' "$*" >&2; exit 1; }

# Does this Python run, and is it of the version wanted? A version manager's shim may exist and not run.
is_version() { "$1" -c "import sys; sys.exit(sys.version_info[:2] != ($2))" >/dev/null 2>&1; }
is_usable() { is_version "$1" "3, 13" || is_version "$1" "3, 12"; }

version_managers() {
    for version in 3.13 3.12; do
        for folder in "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version"* \
            "${ASDF_DATA_DIR:-$HOME/.asdf}/installs/python/$version"* \
            "$HOME/.local/share/mise/installs/python/$version"* /usr/local /opt/homebrew; do
            [ -x "$folder/bin/python$version" ] && printf '%s\n' "$folder/bin/python$version"
        done
    done
    return 0
}

find_uv() {
    for candidate in "$PWD/.tools/uv/bin/uv" uv "$HOME/.local/bin/uv" "$HOME/.cargo/bin/uv"; do
        if "$candidate" --version >/dev/null 2>&1; then
            uv=$candidate
            return 0
        fi
    done
    for python in python3 python python3.13 python3.12 python3.11 $(version_managers); do
        if "$python" -m pip --version >/dev/null 2>&1; then
            say "bringing uv into .tools"
            "$python" -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-input \
                --target .tools/uv uv \
                || fail "uv could not be installed with $python -m pip; look at the network, or install uv yourself"
            uv=$PWD/.tools/uv/bin/uv
            return 0
        fi
    done
    fail "neither uv nor a Python with pip was found; install one of the two"
}

find_python() {
    for version in 3.13 3.12; do
        for candidate in "python$version" python3 python $(version_managers | grep "python$version\$") \
            "$("$uv" python find --no-project --system "$version" 2>/dev/null || true)"; do
            if [ -n "$candidate" ] && is_version "$candidate" "$(printf '%s' "$version" | sed 's/\./, /')"; then
                python=$("$candidate" -c 'import sys; print(sys.executable)')
                return 0
            fi
        done
    done
    python=3.13
}

lock=$(cksum < requirements.lock)
if is_usable .venv/bin/python && [ "$(cat .venv/installed.txt 2>/dev/null)" = "$lock" ]; then
    exit 0
fi

find_uv
if ! is_usable .venv/bin/python; then
    find_python
    say "making .venv with Python $python"
    "$uv" venv --quiet --clear --no-project --python "$python" .venv \
        || fail "no Python 3.13 or 3.12 was found, and uv could not bring one; install one of the two"
fi
say "installing $(grep -c '^[a-z]' requirements.lock) packages into .venv (about 1.4 GB; minutes on a slow line)"
# compiled at once: every job of a run imports the packages, and where Python may not write beside them each would compile them
"$uv" pip sync --quiet --require-hashes --compile-bytecode --python .venv/bin/python requirements.lock \
    || fail "the packages could not be installed; look at the network and at the lines above"
printf '%s\n' "$lock" > .venv/installed.txt
say "done: $(.venv/bin/python --version), $(.venv/bin/snakemake --version 2>/dev/null | sed 's/^/Snakemake /')"
