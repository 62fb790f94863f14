case $verb in
hello | prepare | put | secret | readable | submit | release | look | account | config | fetch | tail | stream) "verb_$verb" "$@" ;;
survey) verb_survey ;;
probe-submit) verb_probe_submit "$@" ;;
probe-look) verb_probe_look "$@" ;;
probe-end) verb_probe_end "$@" ;;
*) echo "unknown verb $verb" >&2; exit 64 ;;
esac
