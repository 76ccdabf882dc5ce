#!/bin/sh
# Find a Chromium for the browser tests, or install Debian's when that is possible.
for name in "$CHROMIUM" chromium chromium-browser google-chrome; do
  [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Chromium for the browser tests"
  log=$(mktemp)
  if DEBIAN_FRONTEND=noninteractive sh -c '
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu
  ' >"$log" 2>&1 </dev/null; then
    rm -f "$log"
    exit 0
  fi
  tail -n 20 "$log"
fi
echo "No Chromium here, so the browser tests will be skipped (with CI=true they fail)."
echo "To run them: sudo apt-get install chromium, or CHROMIUM=/path/to/chrome make test"
[ "$CI" != "true" ]
