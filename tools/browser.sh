#!/usr/bin/env bash
# The journeys need Debian's Chromium and a font with Chinese signs: installs what is absent.
set -eu

missing=()
command -v chromium >/dev/null || missing+=(chromium)
if ! command -v fc-list >/dev/null || [ -z "$(fc-list :lang=zh family 2>/dev/null)" ]; then
  missing+=(fonts-noto-cjk)
fi
[ ${#missing[@]} = 0 ] && exit 0

how="apt-get install ${missing[*]}"
if ! command -v apt-get >/dev/null; then
  echo "The browser journeys need ${missing[*]} (as Debian calls them); install them and try again." >&2
  echo "Everything else runs without a browser: make check suite" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" != 0 ]; then
  if ! sudo -n true 2>/dev/null; then
    echo "The browser journeys need ${missing[*]}: sudo $how" >&2
    echo "Everything else runs without a browser: make check suite" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "Installing Debian's ${missing[*]} …"
if ! { "${as_root[@]}" apt-get update -qq &&
       "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
         apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null; }; then
  echo "${missing[*]} could not be installed; is a package mirror within reach?" >&2
  echo "Everything else runs without a browser: make check suite" >&2
  exit 1
fi
