# Sourced by the other scripts.
# shellcheck shell=bash

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# Silent unless it fails. Waits for another package manager, which often runs just after a machine's
# start.
apt_get() {
  local output
  output=$(as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get --quiet=2 -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@" 2>&1) ||
    { printf '%s\n' "$output" | tail -n 20 >&2 && die "failed: apt-get $*"; }
}

# confirm QUESTION OTHERWISE...: asks before something is installed, unless YES=1 is set or there is
# no terminal.
confirm() {
  if [ "${YES:-}" = 1 ] || [ ! -t 0 ]; then return; fi
  local answer
  read -r -p "$1 [y/N] " answer
  [[ $answer == [yY] ]] || die "nothing was installed; ${*:2}"
}

is_debian_like() {
  grep -qE '^ID(_LIKE)?=.*debian' /etc/os-release 2>/dev/null && command -v apt-get >/dev/null
}

# Prints the machine's own mirror of a release (bookworm, bookworm-security, ...), if it has one. The
# scripts contain no address, because a machine may only reach what it is set up for.
apt_source() {
  # shellcheck disable=SC2016 # apt fills these in, not the shell
  apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Identifier: Packages' |
    awk -v release="$1" '$1 == release && $2 == "main" { print $3; exit }'
}

# setting NAME [FILE]: what the environment or .env sets, without quotes; empty if neither does.
setting() {
  local file=${2:-.env}
  if [ -n "${!1-}" ]; then
    printf '%s\n' "${!1}"
  elif [ -f "$file" ]; then
    sed -n "s/^[[:space:]]*$1=//p" "$file" | tail -n 1 |
      sed -E "s/[[:space:]]+#.*//; s/[[:space:]]+\$//; s/^(['\"])(.*)\1\$/\2/"
  fi
}

# uses_own ENGINE...: whether one of these (kafka, hbase, spark) is the user's own.
uses_own() {
  local engine
  for engine in "$@"; do
    if [[ $(setting COMPOSE_FILE) == *compose.own-$engine.yaml* ]]; then return 0; fi
  done
  return 1
}

# accepts ADDRESS PORT: somebody listens there.
accepts() {
  (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null
}

product_version() {
  sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml
}

# What runs in tests and measurements is built from this checkout, whatever .env says.
use_own_images() {
  export IMAGES='' IMAGE_TAG='' IMAGE_PULL=''
}

# Compose's files are those of the user, and compose.monitoring.yaml.
add_monitoring() {
  local files
  files=$(setting COMPOSE_FILE)
  if [ -z "$files" ]; then
    files=compose.yaml
    if [ -f compose.override.yaml ]; then files+=:compose.override.yaml; fi
  fi
  if [[ $files != *compose.monitoring.yaml* ]]; then files+=:compose.monitoring.yaml; fi
  export COMPOSE_FILE=$files
}

# Hides a build's output. If it fails, runs it again with output.
quietly() {
  "$@" --quiet >/dev/null 2>&1 || "$@"
}

# write_while_stopped FILE SERVICES COMMAND...: what the command prints, in a file that only its owner
# may read, because it contains posts' texts. The services are stopped meanwhile, and $running are
# those that are started again, whatever happens. No name has a space.
write_while_stopped() {
  # shellcheck disable=SC2086
  running=$(docker compose ps --services $2)
  mkdir -p "$(dirname "$1")"
  part=$(mktemp "$1.XXXXXX")
  trap start_again EXIT
  # shellcheck disable=SC2086
  docker compose --progress quiet stop $2
  "${@:3}" >"$part"
  mv "$part" "$1"
  start_again
  echo "Wrote $1 ($(du -h "$1" | cut -f 1))."
}

start_again() {
  trap - EXIT
  rm -f "$part"
  # shellcheck disable=SC2086
  [ -z "$running" ] || docker compose --progress quiet start $running
}
