# Read by the other scripts with `.`: makes the virtual environment and installs kerasette into it.
#
#   prepare            the base install
#   prepare test,lint  and these extras
#
# and then $python is the environment's interpreter. Nothing is installed again as long as
# pyproject.toml has not changed. KERASETTE_VENV names another folder than .venv, KERASETTE_PYTHON
# another interpreter than the first one of version 3.11 or newer on the path.

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
venv=${KERASETTE_VENV:-$root/.venv}

find_python() {
    for candidate in ${KERASETTE_PYTHON:-python3 python python3.14 python3.13 python3.12 python3.11 py}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    echo "kerasette needs Python 3.11 or newer; none of" \
        "${KERASETTE_PYTHON:-python3, python, python3.11 to python3.14, py} is that." >&2
    return 1
}

find_environment_python() {
    for python in "$venv/bin/python" "$venv/Scripts/python.exe"; do
        [ -x "$python" ] && return
    done
    return 1
}

prepare() {
    if ! find_environment_python; then
        echo "Making the virtual environment $venv"
        base=$(find_python) || exit 1
        "$base" -m venv "$venv" || {
            rm -rf "$venv"
            echo "python -m venv failed. On Debian and Ubuntu: apt-get install python3-venv" >&2
            exit 1
        }
        find_environment_python || exit 1
        echo "To use it in your shell: . ${python%/*}/activate"
    fi
    extras=${1:-}
    installed=$venv/kerasette-installed-${extras:-base}
    if ! cmp -s "$root/pyproject.toml" "$installed"; then
        echo "Installing kerasette${extras:+ with $extras}"
        "$python" -m pip install --quiet --disable-pip-version-check \
            --editable "$root${extras:+[$extras]}" || exit 1
        cp "$root/pyproject.toml" "$installed"
    fi
}
