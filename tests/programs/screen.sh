# Programs that draw on the whole screen, in tmux: less, nano, htop, top, vim; tmux itself splits its window.
cd "$(mktemp -d)" || exit
export TERM=vt100 LC_ALL=C.UTF-8 PS1='$ '
tput cols
tput cup 3 4 | od -c | head -1
infocmp vt100 | head -2 | tail -1
clear | od -An -c | head -1

# shown TEXT: waits until the pane shows it; the whole screen otherwise.
shown() {
    for _ in $(seq 100); do
        tmux capture-pane -p ${2:+-t "$2"} | grep -q -- "$1" && echo "shows: $1" && return
        sleep 0.1
    done
    echo "does not show $1:"
    tmux capture-pane -p
}

# until_runs NAME: waits until the pane's foreground program is this one.
until_runs() {
    for _ in $(seq 100); do
        [ "$(tmux display-message -p '#{pane_current_command}')" = "$1" ] && return
        sleep 0.1
    done
    echo "does not run $1"
}

seq 100 >numbers
tmux -f /dev/null new-session -d -x 80 -y 24 'env -i TERM=screen PATH="$PATH" PS1="\$ " bash --norc'
shown '^\$$'
tmux send-keys 'echo $((6 * 7)); stty size; tty | cut -c1-8' Enter
shown '^42$'
shown '^24 80$\|^23 80$'
shown '^/dev/pts'
tmux split-window -v 'env -i TERM=screen PATH="$PATH" PS1="\$ " bash --norc'
tmux list-panes -F '#{pane_index} #{pane_width}x#{pane_height}'
tmux send-keys -t 0 'echo to the first' Enter
tmux send-keys -t 1 'echo to the second' Enter
shown '^to the first$' 0
shown '^to the second$' 1
tmux split-window -h -t 0 'sleep 100'
tmux list-panes -F '#{pane_index} #{pane_width}x#{pane_height}'
tmux kill-pane -t 1
tmux resize-pane -t 0 -U 4
tmux list-panes -F '#{pane_index} #{pane_width}x#{pane_height}'
tmux kill-pane -t 1
tmux send-keys -t 0 C-l 'less numbers' Enter
shown '^20$'
tmux send-keys G
shown '^100$'
tmux send-keys '?50' Enter
shown '^50$'
tmux send-keys q 'nano new' Enter
shown 'GNU nano'
tmux send-keys 'typed in nano' C-o Enter
shown 'Wrote 1 line'
tmux send-keys C-x
shown '^\$$'
tmux send-keys 'cat new' Enter
shown '^typed in nano$'
tmux send-keys C-l 'vim.tiny -N -u NONE numbers' Enter
shown '"numbers".*100L'
tmux send-keys 5Gdd Ofirst Space 'line' Escape ':%s/9$/nine/' Enter
shown '10 substitutions'
tmux send-keys ':wq' Enter
shown '^\$$'
head -6 numbers
tail -2 numbers
tmux send-keys C-l 'top -d 1' Enter
shown 'load average'
shown 'COMMAND'
tmux send-keys q
shown '^\$$'
tmux send-keys C-l htop Enter
shown 'Load average'
shown 'F10Quit'
tmux send-keys F10
shown '^\$$'
tmux send-keys C-l 'sleep 100' Enter
until_runs sleep
tmux send-keys C-z
shown 'Stopped'
tmux send-keys fg Enter
until_runs sleep
tmux send-keys C-c 'echo status $?' Enter
shown 'status 130'
tmux copy-mode
tmux send-keys -X cancel
tmux new-window 'sleep 100'
tmux list-windows -F '#{window_index}'
tmux kill-server
echo "tmux $?"
