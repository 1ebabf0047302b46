#!/usr/bin/env bash
# Makes .venv with the given Python, or says what is missing.
set -eu

python=$1
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "Fangxian needs Python 3.11 or newer; $python is $("$python" --version 2>&1 || echo absent)." >&2
  echo "Name another: make PYTHON=python3.12 …" >&2
  exit 1
fi

if .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  exit 0
fi
rm -rf .venv
if "$python" -m venv .venv 2>/dev/null; then exit 0; fi

# Debian splits venv from Python.
rm -rf .venv
package=$("$python" -c 'import sys; print(f"python{sys.version_info[0]}.{sys.version_info[1]}-venv")')
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Debian's $package …"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y "$package" >/dev/null
  exec "$python" -m venv .venv
fi
echo "$python cannot make a virtual environment. On Debian or Ubuntu: sudo apt-get install $package" >&2
exit 1
