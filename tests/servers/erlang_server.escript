%% A server made with Erlang's ssh: SYSTEM_DIR USER PASSWORD. SYSTEM_DIR has
%% ssh_host_ed25519_key and authorized_keys. Prints "port N". Commands are run
%% by os:cmd, which has no input, and no status but 0.
main([Dir, User, Password]) ->
    {ok, _} = application:ensure_all_started(ssh),
    Exec = fun(Command) -> {ok, os:cmd(Command)} end,
    {ok, Daemon} = ssh:daemon({127, 0, 0, 1}, 0, [
        {system_dir, Dir}, {user_dir, Dir},
        {user_passwords, [{User, Password}]},
        {exec, {direct, Exec}},
        {tcpip_tunnel_in, true}, {tcpip_tunnel_out, true}]),
    {ok, Info} = ssh:daemon_info(Daemon),
    io:format("port ~p~n", [proplists:get_value(port, Info)]),
    receive stop -> ok end.
