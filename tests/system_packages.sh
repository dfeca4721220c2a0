#!/bin/sh
# What the tests need from the system: bubblewrap (sandbox), chromium (browser) and PostgreSQL (gradebook). Installed with apt
# where that is allowed; otherwise named here, and the tests that need them are reported as skipped.
missing=""
command -v bwrap >/dev/null 2>&1 || missing="bubblewrap"
command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium fonts-noto-cjk"
command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -z "$missing" ] && exit 0
if command -v apt-get >/dev/null 2>&1; then
  [ "$(id -u)" = 0 ] && sudo="" || sudo="sudo -n"
  if $sudo true 2>/dev/null; then
    echo "Installing with apt: $missing"
    $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
  fi
fi
echo "Not installed, and not installable from here: $missing. Tests that need them will be skipped. See: .venv/bin/dcai doctor"
exit 0
