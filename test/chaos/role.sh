#!/bin/sh
# role.sh MODE SECONDS CODE: what the services and clients of `npm run chaos` do. Each says in the ledger that it began, and
# how it ended: the truth that sbench has no hand in.
ledger=${0%/*}/ledger
say() { echo "$1 $SLURM_JOB_NAME $SLURM_JOB_ID $2 $(date +%s.%3N)" >>"$ledger"; }
say begin 0
case $1 in
serve) # until somebody ends it
  OLLAMA_HOST=0.0.0.0:$SBENCH_PORT exec /usr/bin/perl "${0%/*}/tiny-server.pl" ;;
serve-for)
  OLLAMA_HOST=0.0.0.0:$SBENCH_PORT /usr/bin/perl "${0%/*}/tiny-server.pl" &
  sleep "$2"
  kill $!
  say end "$3"
  exit "$3" ;;
work) # what comes home: nobody else's, and all of it
  [ -z "${SBENCH_RESULTS_DIR:-}" ] || echo "$SLURM_JOB_NAME" >"$SBENCH_RESULTS_DIR/token"
  sleep "$2"
  say end "$3"
  exit "$3" ;;
load) # `setup:` of a client that is a real load generator; its end is in Slurm's words
  ;;
esac
