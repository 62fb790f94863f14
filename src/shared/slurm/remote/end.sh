case $verb in
hello | prepare | put | secret | readable | submit | release | look | account | config | fetch | tail | stream) "verb_$verb" "$@" ;;
*) echo "unknown verb $verb" >&2; exit 64 ;;
esac
