# bash completion for portres(1)

_portres_options() {
  case $1 in
    run) echo --tcp --udp --label --outgoing --scope --wait --static --help ;;
    hold) echo --label --wait --json --help ;;
    list | who | create | delete | lookup | check) echo --json --help ;;
    *) echo --help --version ;;
  esac
}

# The word where the program of `portres run` begins; 0: it is not there yet.
_portres_program() {
  local i
  for ((i = 2; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --)
        echo $((i + 1))
        return
        ;;
      --tcp | --udp | --label | --scope | --wait) ((++i)) ;;
      -*) ;;
      *)
        echo "$i"
        return
        ;;
    esac
  done
  echo 0
}

_portres_words() {
  local command=$1 current=$2 previous=$3
  case $command,$previous in
    *,--scope) echo machine shared process ;;
    *,--wait) echo forever ;;
    *,--tcp | *,--udp | *,--label) ;;
    hold,hold | who,who | create,create | delete,delete | lookup,lookup)
      echo tcp udp
      ;;
  esac
  if [[ $current == -* ]]; then
    _portres_options "$command"
  fi
}

_portres() {
  local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} first
  local commands='run hold list who create delete lookup check help'
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(
      compgen -W "$commands --help --version" -- "$current")
    return
  fi
  if [[ $command == run ]]; then
    first=$(_portres_program)
    if ((first > 0)) && declare -F _command_offset >/dev/null; then
      _command_offset "$first"
      return
    fi
    if ((first > 0)); then
      mapfile -t COMPREPLY < <(compgen -c -f -- "$current")
      return
    fi
  fi
  mapfile -t COMPREPLY < <(compgen -W "$(_portres_words "$command" "$current" \
    "${COMP_WORDS[COMP_CWORD - 1]}")" -- "$current")
  if [[ $command == run && ${#COMPREPLY[@]} -eq 0 && $current != -* &&
    ${COMP_WORDS[COMP_CWORD - 1]} != --@(tcp|udp|label|scope|wait) ]]; then
    mapfile -t COMPREPLY < <(compgen -c -- "$current")
  fi
}

complete -F _portres portres
