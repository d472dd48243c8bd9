#!/bin/sh
# Make .venv with exactly the packages of requirements.lock. Says what it does, one line a step; when .venv is as it
# should be it does nothing, without the network. Everything it brings goes into .venv and .tools, in this folder.
set -eu

say() { printf '[set-up] %s\n' "$*"; }
fail() { printf '[set-up] %s\n' "$*" >&2; exit 1; }

home=${HOME:-/nonexistent}
# What uv brings and keeps stays here too; a folder that is moved is set up again from it, without the network.
export UV_CACHE_DIR="${UV_CACHE_DIR:-$PWD/.tools/cache}" UV_PYTHON_INSTALL_DIR="${UV_PYTHON_INSTALL_DIR:-$PWD/.tools/python}"

# Does this Python run, and is it of the version wanted? A version manager's shim may exist and not run.
is_version() { "$1" -c "import sys; sys.exit(sys.version_info[:2] != ($2))" >/dev/null 2>&1; }
is_usable() { is_version "$1" "3, 13" || is_version "$1" "3, 12"; }

version_managers() {
    for version in 3.13 3.12; do
        for folder in "${PYENV_ROOT:-$home/.pyenv}/versions/$version"* \
            "${ASDF_DATA_DIR:-$home/.asdf}/installs/python/$version"* \
            "$home/.local/share/mise/installs/python/$version"* /usr/local /opt/homebrew; do
            [ -x "$folder/bin/python$version" ] && printf '%s\n' "$folder/bin/python$version"
        done
    done
    return 0
}

find_uv() {
    for candidate in "$PWD/.tools/uv/bin/uv" uv "$home/.local/bin/uv" "$home/.cargo/bin/uv"; do
        if "$candidate" --version >/dev/null 2>&1; then
            uv=$candidate
            return 0
        fi
    done
    for python in python3 python python3.13 python3.12 python3.11 $(version_managers); do
        if "$python" -m pip --version >/dev/null 2>&1; then
            say "bringing uv into .tools, checked by its hash"
            rm -rf .tools/uv
            "$python" -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-input --no-cache-dir \
                --require-hashes --only-binary :all: --target .tools/uv -r workflow/set_up.lock \
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

# One set-up at a time; a lock whose owner is gone is nobody's.
wait_for_turn() {
    mkdir -p .tools || fail "this folder cannot be written to; copy the project to one that can"
    until mkdir .tools/running 2>/dev/null; do
        owner=$(cat .tools/running/owner 2>/dev/null || true)
        if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
            rm -rf .tools/running
        else
            [ -n "${waited:-}" ] || say "waiting for another set-up in this folder"
            waited=yes
            sleep 1
        fi
    done
    printf '%s\n' $$ > .tools/running/owner
    trap 'rm -rf .tools/running' EXIT
    trap 'exit 1' HUP INT TERM
}

count_packages() { find .venv/lib/python3*/site-packages -maxdepth 1 -name '*.dist-info' 2>/dev/null | wc -l | tr -d ' '; }

# What was installed: the lock, this script, the folder (programs in .venv know it by its path), how many packages.
wanted=$(cat requirements.lock workflow/set_up.sh | cksum)
is_complete() {
    [ -r .venv/installed.txt ] && is_usable .venv/bin/python || return 1
    { read -r lock && read -r folder && read -r packages; } < .venv/installed.txt || return 1
    [ "$lock" = "$wanted" ] && [ "$(count_packages)" -ge "$packages" ] || return 1
    [ -L .venv ] || [ "$folder" = "$PWD" ]
}

sync_packages() {
    # compiled at once: every job of a run imports the packages, and where Python may not write beside them each would compile them
    "$uv" pip sync --quiet "$@" --require-hashes --compile-bytecode --python .venv/bin/python requirements.lock
}

is_complete && exit 0
wait_for_turn
is_complete && exit 0

find_uv
if [ -r .venv/installed.txt ] && [ ! -L .venv ] && [ "$(sed -n 2p .venv/installed.txt)" != "$PWD" ]; then
    say "this folder was moved or copied: making .venv again"
    rm -rf .venv
fi
if ! is_usable .venv/bin/python; then
    find_python
    say "making .venv with Python $python"
    "$uv" venv --quiet --clear --no-project --python "$python" .venv \
        || fail "no Python 3.13 or 3.12 was found, and uv could not bring one; install one of the two"
fi
rm -f .venv/installed.txt
say "installing $(grep -c '^[a-z]' requirements.lock) packages into .venv (about 1.4 GB; minutes on a slow line)"
{ [ -d "$UV_CACHE_DIR" ] && sync_packages --offline 2>/dev/null; } || sync_packages \
    || fail "the packages could not be installed; look at the network and at the lines above"
site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n' "import os, sys; guard = os.path.join(os.path.dirname(sys.prefix), 'workflow', 'lib', 'snakemake_guard.py'); \
os.path.isfile(guard) and exec(compile(open(guard, encoding='utf-8').read(), guard, 'exec'), {'__file__': guard, '__name__': 'guard'})" \
    > "$site/coalition_ties.pth"
printf '%s\n' "$wanted" "$PWD" "$(count_packages)" > .venv/installed.txt
say "done: $(.venv/bin/python --version), Snakemake $(.venv/bin/snakemake --version 2>/dev/null)"
