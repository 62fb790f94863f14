#!/usr/bin/env bash
# install.sh PACKAGE...: Debian packages that tests use beside the cluster; none of their daemons is started.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
lock
apt_install "$@"
