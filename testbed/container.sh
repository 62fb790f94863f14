#!/usr/bin/env bash
# The main process of the test bed's container: cluster and LLM server up, healthy, and down again at SIGTERM.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
rm -f /run/sbench-testbed-ready
bash "$here/cluster-up.sh"
bash "$here/llm-up.sh" "$(dirname "$here")/llm" "$(command -v node)" "container $(node --version)"
touch /run/sbench-testbed-ready
trap 'bash "$here/cluster-down.sh" --all; exit 0' TERM INT
sleep infinity &
wait
