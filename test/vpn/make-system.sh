#!/bin/sh
# Makes the system `$1` (debian-13, debian-12 or ubuntu-24.04) for test/vpn/systems.test.ts, in .cache/systems.
# Needs root and debootstrap, and for Ubuntu its keyring. python3-cffi-backend is named because cloud-init needs it by a
# virtual name, which debootstrap does not know.
set -eu
case "$1" in
  debian-13) suite=trixie components=main ;;
  debian-12) suite=bookworm components=main ;;
  ubuntu-24.04) suite=noble components=main,universe ;;
  *) echo "There is no system $1." >&2; exit 1 ;;
esac
folder=$(dirname "$0")/../../.cache/systems
mkdir -p "$folder"
debootstrap --variant=minbase --components="$components" \
  --include=cloud-init,python3-cffi-backend,wireguard-tools,wireguard-go,nftables,iproute2,procps,bash "$suite" "$folder/$1.part"
mv "$folder/$1.part" "$folder/$1"
