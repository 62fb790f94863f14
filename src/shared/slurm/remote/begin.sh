# sbench's remote tool: every verb that runs on a login node. Called as
#   sh <workdir>/v1/tool/<sha256>.sh NONCE VERB ARGS...
# ARGS are [A-Za-z0-9_./=-] only, so the line means the same to bash, csh and fish. stdin is data only, and its
# length and SHA-256 are arguments: a cut connection looks like a plain end of file, so nothing is believed before
# both match. Answers stand between two marker lines, because start-up files may print.
# POSIX sh throughout; `stream` re-executes itself in bash for its read -t.

umask 077
# A cut connection must not end a verb half way: between sbatch and the owner file it has to go on.
trap '' HUP PIPE
LC_ALL=C; export LC_ALL
# A user's defaults change what the commands do: SCANCEL_STATE alone left a Slurm job alive, with exit code 0, and
# SLURM_CLUSTERS asks another cluster than sbatch does. Only the way to the configuration stays.
for name in $(env | sed -n 's/^\(\(SLURM\|SBATCH\|SQUEUE\|SACCT\|SCANCEL\|SINFO\|SCONTROL\|SALLOC\)_[A-Za-z0-9_]*\)=.*/\1/p'); do
  [ "$name" = SLURM_CONF ] || unset "$name"
done
SLURM_TIME_FORMAT=%s; export SLURM_TIME_FORMAT
# So does their shell: with CDPATH `cd` prints a second line, with TAR_OPTIONS tar leaves behind what it was to bring.
unset CDPATH TAR_OPTIONS GREP_OPTIONS POSIXLY_CORRECT BASH_ENV ENV
unset -f sbatch squeue sacct scancel scontrol

nonce=$1 verb=$2
shift 2
v1=$(cd "$(dirname "$0")/.." && pwd) || exit 72

begin() { printf '\n@sbench-begin %s\n' "$nonce"; }
finish() { printf '\n@sbench-end %s\n' "$nonce"; exit 0; }
# Free text travels as base64: it can hold neither a marker nor a second line.
say64() { printf '%s %s\n' "$1" "$(printf '%s' "$2" | base64 | tr -d '\n')"; }
# The owner's file system gives the time, so that a file's age never compares two clocks.
fs_now() { printf '' >"$d/.now.$nonce" && stat -c %Y "$d/.now.$nonce" && rm -f "$d/.now.$nonce"; }
attempt_dir() {
  base=$v1/$1 d=$v1/$1/sessions/$2/$3
  # While a file server is away, or somebody has moved our folder, another tree can stand here, made anew by whoever came
  # first: what is not in it is not gone, and what is written to it nobody will find.
  [ -s "$base/identity" ] || { echo "$base is not the folder of this installation" >&2; exit 71; }
}

# receive FILE SHA256 BYTES: stdin to FILE, believed only whole. 2: this end cannot keep it.
receive() {
  cat >"$1" || return 2
  [ "$(wc -c <"$1")" -eq "$3" ] && [ "$(sha256sum <"$1" | cut -c1-64)" = "$2" ] && return 0
  rm -f "$1"
  return 1
} 2>/dev/null
