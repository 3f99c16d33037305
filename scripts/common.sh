# What scripts/setup, run and test share: where things are, and how they speak. To be sourced, not run.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export ROOT
# A program that rustup installed a minute ago is not yet in the PATH of this shell.
if [[ -d "$HOME/.cargo/bin" ]]; then PATH="$PATH:$HOME/.cargo/bin"; fi

if [[ -t 1 && -z "${NO_COLOR:-}" ]]; then
  BOLD=$'\e[1m' RED=$'\e[31m' GREEN=$'\e[32m' PLAIN=$'\e[0m'
else
  BOLD='' RED='' GREEN='' PLAIN=''
fi

say() { printf '%s\n' "$*"; }
headline() { printf '\n%s== %s%s\n' "$BOLD" "$*" "$PLAIN"; }
good() { printf '%s%s%s\n' "$GREEN" "$*" "$PLAIN"; }
fail() {
  printf '%s%s%s\n' "$RED" "$*" "$PLAIN" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# Where cargo puts what it builds: `target`, unless the environment or a cargo configuration says otherwise.
target_directory() {
  cargo metadata --format-version 1 --no-deps --manifest-path "$ROOT/Cargo.toml" |
    sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}

# Installs a folder's npm packages, unless the lock file has not changed since they were installed.
install_npm_packages() {
  local folder=$1
  local installed="$folder/node_modules/.package-lock.json"
  if [[ -f "$installed" && ! "$folder/package-lock.json" -nt "$installed" ]]; then return; fi
  (cd "$folder" && npm ci --no-audit --no-fund --loglevel error)
}

# A sentence for people: 75 → "1 min 15 s".
duration() {
  local seconds=$1
  if ((seconds < 60)); then printf '%d s' "$seconds"; else printf '%d min %02d s' $((seconds / 60)) $((seconds % 60)); fi
}
