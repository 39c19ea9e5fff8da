# Runs one server and takes orders from the test process, a word a line; answers each with a line.
# When the orders end, however the test process ended, the server is killed and its folder is removed.
# Between START and KILL there are only builtins, so nobody collects the server early and its id stays its own.
folder=$1
shift
server=
end() {
  [ -z "$server" ] && return
  kill -s KILL "$server"
  wait "$server"
  server=
}
while read -r order; do
  case $order in
    START) "$@" >"$folder/log" 2>&1 </dev/null & server=$! ;;
    KILL) end ;;
    *) kill -s "$order" "$server" ;;
  esac
  echo "$server"
done
end
rm -rf "$folder"
