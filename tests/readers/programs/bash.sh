# What bash gets: files and names come in, ended by NUL; a `1` and the value, or a `0`, goes out for each. There is no PATH and
# the shell is restricted, so that no line of a file can run a program or write anywhere.
PATH=
while IFS= read -r -d '' file && IFS= read -r -d '' name; do
  (
    exec 3>&1 >/dev/null 2>&1 </dev/null
    cd "${file%/*}"
    set -r
    . "${file##*/}"
    if [[ -v $name ]]; then printf '1%s\0' "${!name}" >&3; else printf '0\0' >&3; fi
  ) || printf '0\0'
done
