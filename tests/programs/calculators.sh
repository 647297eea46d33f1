# bc, lua, perl: arithmetic, files, processes.
cd "$(mktemp -d)" || exit
echo 'scale=50; 4*a(1)' | bc -l
echo '2^500' | BC_LINE_LENGTH=0 bc
echo 'define f(n) { if (n < 2) return 1; return n * f(n - 1); } f(30)' | bc
lua5.4 -e 'print(_VERSION, 7 // 2, 7 / 2, 2^53, math.maxinteger, ("x"):rep(5), #arg)'
lua5.4 -e 'local t = {} for i = 1, 1e5 do t[i] = (i * 7919) % 100003 end table.sort(t) print(t[1], t[#t], collectgarbage("count") > 1)'
lua5.4 -e 'local f = assert(io.open("file", "w")) f:write("a\nb\n") f:close() for l in io.lines("file") do io.write(l, ";") end print(os.rename("file", "other"), os.remove("other"))'
lua5.4 -e 'local p = io.popen("echo from a process; exit 3") print(p:read("a"), p:close()) print(os.execute("exit 2"))'
lua5.4 -e 'local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) print(co(), co(), co()) print(pcall(error, "caught"))'
lua5.4 -e 'print(os.date("!%F %T", 86400), os.getenv("HOME") ~= nil, os.tmpname():match("^/tmp/") ~= nil)'
perl -e 'print "perl $^O ", 2**10, " ", join(",", sort {$a <=> $b} map {$_ * 3 % 7} 1..6), "\n"'
perl -e '$_ = "The year 1999"; /(\d+)/ and print $1 + 1, "\n"; print scalar reverse("abc"), ucfirst("word"), sprintf("%05.2f", 3.14159), "\n"'
perl -e 'open my $f, ">", "x" or die; print $f "$_\n" for 1..1000; close $f; open $f, "<", "x"; my $n = 0; $n += $_ while <$f>; print "$n\n"; print -s "x", "\n"; unlink "x"; print -e "x" ? "there" : "gone", "\n"'
perl -e 'my $pid = fork; if (!$pid) { exit 5 } waitpid $pid, 0; print $? >> 8, "\n"; print `echo backticks`; system("exit 2"); print $? >> 8, "\n"'
perl -e 'pipe my $r, my $w; if (!fork) { close $r; print $w "through a pipe\n"; exit } close $w; print <$r>; wait'
perl -e '$SIG{ALRM} = sub { print "alarm\n"; exit }; alarm 1; sleep 10'
perl -e 'local $SIG{USR1} = sub { print "usr1\n" }; kill USR1 => $$; select undef, undef, undef, 0.1; print "done\n"'
perl -MSocket -e 'socketpair my $a, my $b, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die; syswrite $a, "by a socket\n"; sysread $b, my $x, 100; print $x'
perl -MPOSIX -e 'print join(" ", (POSIX::uname())[0, 4]), " ", POSIX::strtol("ff", 16), " ", floor(-1.5), "\n"'
