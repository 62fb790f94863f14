#!/usr/bin/env bash
# image-up.sh: container runtimes, and an image of Debian's redis, as a folder and as one SquashFS file: what a registry
# would give, made from Debian's packages. $ROOT/images/redis, $ROOT/images/redis.sqfs; made once.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
lock
IMAGES=$ROOT/images
PACKAGES=(base-files bash coreutils dash redis-server redis-tools
  libacl1 libatomic1 libattr1 libc6 libcap2 libgcc-s1 libgcrypt20 libgmp10 libgpg-error0 libjemalloc2 liblz4-1 liblzf1
  liblzma5 libpcre2-8-0 libselinux1 libssl3 libstdc++6 libsystemd0 libtinfo6 libzstd1)
apt_install charliecloud podman uidmap runc catatonit squashfs-tools
# Charliecloud mounts SquashFS files with FUSE, as its users may where a site has it.
[ ! -e /dev/fuse ] || chmod 666 /dev/fuse
wanted="2 ${PACKAGES[*]}"
[ "$(cat "$IMAGES/redis.made" 2>/dev/null)" != "$wanted" ] || exit 0

rm -rf "$IMAGES/new" "$IMAGES/redis" "$IMAGES/redis.sqfs" "$IMAGES/redis.made"
mkdir -p "$IMAGES/new/debs"
chmod 755 "$IMAGES"
cd "$IMAGES/new/debs"
for try in 1 2 3; do
  if apt-get download -q "${PACKAGES[@]}" >>"$ROOT/apt.log" 2>&1; then break; fi
  [ $try -lt 3 ] || die "apt-get cannot download the image's packages (its output: $ROOT/apt.log)"
  apt-get update -q >>"$ROOT/apt.log" 2>&1
done
image=$IMAGES/new/image
mkdir "$image"
for deb in ./*.deb; do dpkg-deb -x "$deb" "$image"; done
# No maintainer script ran: what they make.
ln -s dash "$image/bin/sh" 2>/dev/null || true
mkdir -p "$image"/{dev,proc,sys,tmp,run,home,root,data,etc,var/tmp}
chmod 1777 "$image/tmp" "$image/var/tmp"
ln -s ../proc/self/mounts "$image/etc/mtab"
touch "$image"/etc/{hosts,resolv.conf,passwd,group,machine-id}
rm -rf "$image"/usr/share/{doc,man,locale,info,lintian}
chroot "$image" /usr/bin/redis-server --version >/dev/null
mksquashfs "$image" "$IMAGES/redis.sqfs" -quiet -no-progress -comp gzip -all-root >/dev/null
mv "$image" "$IMAGES/redis"
chmod 755 "$IMAGES/redis"
# As if that user had unpacked it: rootless podman lays its own files over the folder's.
chown -R "$HPC_USER:" "$IMAGES/redis"
rm -rf "$IMAGES/new"
cd /
echo "$wanted" >"$IMAGES/redis.made"
