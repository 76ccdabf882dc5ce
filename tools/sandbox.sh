#!/bin/sh
# Find bubblewrap, the sandbox of `mytutor grade`, or install Debian's when that is possible.
command -v bwrap >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing bubblewrap, to grade what others wrote"
  log=$(mktemp)
  if DEBIAN_FRONTEND=noninteractive sh -c '
    apt-get update -qq && apt-get install -y -qq --no-install-recommends bubblewrap
  ' >"$log" 2>&1 </dev/null; then
    rm -f "$log"
    exit 0
  fi
  tail -n 20 "$log"
fi
echo "No bubblewrap here, so the tests of the sandbox will be skipped (with CI=true they fail)."
echo "To run them, and to grade: sudo apt-get install bubblewrap"
[ "$CI" != "true" ]
