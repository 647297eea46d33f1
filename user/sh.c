/*
 * A small shell, for an image that is built where there is no busybox. A line is a list of
 * pipelines:
 *
 *     cat <names | cat >>all && echo done; cd /tmp; sleep 9 & wait
 *
 * Words may be quoted with '...', "..." and a backslash. There are no variables, no patterns and no
 * jobs: the shell and what it starts are one process group, so Ctrl-C reaches the commands. What
 * runs in the background ignores it, and the shell only stops waiting for it. A line is first cut
 * into tokens; each command of a pipeline then takes its own.
 *
 *     sh            reads commands from the standard input, with a prompt if that is a terminal
 *     sh -c LINE    runs one line
 *     sh FILE       reads commands from a file
 */
#include <lib/string.h>

#include "lib/linux.h"
#include "lib/print.h"

enum { LINE_SIZE = 1024, MAX_TOKENS = 256, PATH_SIZE = 512, NOT_UNDERSTOOD = 2 };

enum token_kind {
    WORD,
    PIPE,
    AND,
    SEMICOLON,
    BACKGROUND,
    FROM_FILE,
    TO_FILE,
    APPEND_TO_FILE,
    END,
};

struct token {
    enum token_kind kind;
    const char *word; /* for WORD */
};

static struct token tokens[MAX_TOKENS];
static char
    words[2 * LINE_SIZE]; /* their texts: each is at most as long as in the line, with a NUL */
static const char *const *environment;

/* --- Lines to tokens ------------------------------------------------------------------------- */

static const struct {
    const char *text;
    enum token_kind kind;
} operators[] = {
    {"&&", AND},      {"&", BACKGROUND},      {";", SEMICOLON}, {"|", PIPE},
    {"<", FROM_FILE}, {">>", APPEND_TO_FILE}, {">", TO_FILE},
};

/* Takes an operator from the line if there is one. */
static bool take_operator(const char **line, struct token *token)
{
    for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
        size_t length = strlen(operators[i].text);
        if (strncmp(*line, operators[i].text, length) == 0) {
            *line += length;
            token->kind = operators[i].kind;
            return true;
        }
    }
    return false;
}

/* Takes a word, without its quotes, and returns the end of its text at `to`; NULL when a quote is
 * not closed. */
static char *take_word(const char **line, char *to)
{
    const char *from = *line;
    while (*from && !strchr(" \t\n;|<>&", *from)) {
        char quote = *from;
        if (quote == '\'' || quote == '"') {
            for (from++; *from != quote; from++) {
                if (!*from)
                    return NULL;
                *to++ = *from;
            }
            from++;
        } else {
            from += quote == '\\' && from[1];
            *to++ = *from++;
        }
    }
    *line = from;
    *to++ = '\0';
    return to;
}

/* Cuts a line into `tokens`, up to a comment. Returns false when it cannot be understood. */
static bool cut(const char *line)
{
    struct token *token = tokens;
    char *text = words;
    for (;; token++) {
        while (*line && strchr(" \t\n", *line))
            line++;
        if (!*line || *line == '#')
            break;
        if (token == tokens + MAX_TOKENS - 1)
            return false;
        if (take_operator(&line, token))
            continue;
        *token = (struct token){WORD, text};
        text = take_word(&line, text);
        if (!text)
            return false;
    }
    token->kind = END;
    return true;
}

/* --- Commands -------------------------------------------------------------------------------- */

/* What a command has: its words, and the files that take the place of its input and output. */
struct command {
    const char *arguments[MAX_TOKENS];
    size_t count;
    const char *input, *output;
    bool append;
};

/* Reads a command's tokens and returns the one behind them; NULL when a file's name is missing. */
static const struct token *read_command(const struct token *token, struct command *command)
{
    memset(command, 0, sizeof(*command));
    for (;; token++) {
        if (token->kind == WORD) {
            command->arguments[command->count++] = token->word;
            continue;
        }
        if (token->kind != FROM_FILE && token->kind != TO_FILE && token->kind != APPEND_TO_FILE)
            return token;
        if (token[1].kind != WORD)
            return NULL;
        if (token->kind == FROM_FILE)
            command->input = token[1].word;
        else
            command->output = token[1].word;
        command->append = token->kind == APPEND_TO_FILE;
        token++;
    }
}

/* Opens a file as the descriptor `number`. */
static void redirect(const char *path, int flags, int number)
{
    long file = sys_open(path, flags, 0666);
    if (file < 0)
        sys_exit_group(print_error("sh", path, file));
    sys_dup2((int)file, number);
    sys_close((int)file);
}

/* A command in the background reads nothing and is not interrupted, unless it asks for that. */
static void go_to_background(void)
{
    signal_handle(SIGNAL_INTERRUPT, SIGNAL_IGNORE);
    signal_handle(SIGNAL_QUIT, SIGNAL_IGNORE);
    redirect("/dev/null", OPEN_READ, INPUT);
}

static NORETURN void run_program(const struct command *command)
{
    char path[PATH_SIZE];
    const char *name = command->arguments[0];
    string_copy(path, "/bin/", sizeof(path));
    if (strchr(name, '/'))
        path[0] = '\0';
    string_copy(path + strlen(path), name, sizeof(path) - strlen(path));
    long error = sys_execve(path, command->arguments, environment);
    print_error("sh", name, error);
    sys_exit_group(error == -E_NO_ENTRY ? 127 : 126);
}

/* Starts a command in a new process, and returns that. Its input and output are the ends of pipes,
 * unless it names files; all else that the shell has open is closed by execve(). */
static long start(const struct command *command, int input, int output, bool background)
{
    long process = sys_fork();
    if (process != 0)
        return process;
    int how = OPEN_WRITE | OPEN_CREATE | (command->append ? OPEN_APPEND : OPEN_TRUNCATE);
    signal_handle(SIGNAL_INTERRUPT, SIGNAL_DEFAULT);
    signal_handle(SIGNAL_QUIT, SIGNAL_DEFAULT);
    if (background)
        go_to_background();
    if (input != INPUT)
        sys_dup2(input, INPUT);
    sys_dup2(output, OUTPUT);
    if (command->input)
        redirect(command->input, OPEN_READ, INPUT);
    if (command->output)
        redirect(command->output, how, OUTPUT);
    if (command->count == 0)
        sys_exit_group(0);
    run_program(command);
}

static volatile bool interrupted; /* by Ctrl-C, since a wait has begun */

static void note_interrupt(int signal)
{
    (void)signal;
    interrupted = true;
}

/* Waits for a process and returns its exit status, or what comes close to one. */
static int wait_for(long process)
{
    int status = 0;
    while (sys_wait4((int)process, &status, 0, NULL) == -E_INTERRUPTED)
        continue;
    return STATUS_SIGNAL(status) ? 128 + STATUS_SIGNAL(status) : STATUS_CODE(status);
}

/* Waits for all that runs in the background, or until Ctrl-C. */
static void wait_for_all(void)
{
    interrupted = false;
    while (!interrupted && sys_wait4(-1, NULL, 0, NULL) != -E_NO_CHILD)
        continue;
}

/* Runs what has to change the shell itself. Returns false when the command is not one of these. */
static bool run_builtin(const struct command *command, int *status)
{
    const char *name = command->count ? command->arguments[0] : "";
    if (strcmp(name, "exit") == 0) {
        sys_exit_group(*status);
    } else if (strcmp(name, "cd") == 0) {
        const char *path = command->count > 1 ? command->arguments[1] : "/root";
        long error = sys_chdir(path);
        *status = error < 0 ? print_error("cd", path, error) : 0;
        return true;
    } else if (strcmp(name, "wait") == 0) {
        wait_for_all();
        *status = 0;
        return true;
    }
    return false;
}

static void close_pipe_end(int end)
{
    if (end > ERRORS)
        sys_close(end);
}

/* Does the pipeline that begins here run in the background? */
static bool ends_in_background(const struct token *token)
{
    while (token->kind != AND && token->kind != SEMICOLON && token->kind != BACKGROUND &&
           token->kind != END)
        token++;
    return token->kind == BACKGROUND;
}

/* Starts the commands of a pipeline, each with the pipe from the one before as its input, and waits
 * for them, unless they are in the background. Returns the token behind the pipeline; NULL when it
 * cannot be understood. */
static const struct token *run_pipeline(const struct token *token, int *status)
{
    static struct command command;
    static long processes[MAX_TOKENS];
    size_t count = 0;
    bool background = ends_in_background(token);
    int input = INPUT;
    for (;; token++) {
        int ends[2] = {INPUT, OUTPUT};
        const struct token *command_start = token;
        token = read_command(token, &command);
        if (!token || token == command_start)
            return NULL;
        bool is_last = token->kind != PIPE;
        if (is_last && !count && !background && run_builtin(&command, status))
            return token;
        if (!is_last && sys_pipe2(ends, OPEN_CLOSE_ON_EXEC) < 0)
            return NULL;
        processes[count] = start(&command, input, ends[1], background);
        close_pipe_end(input);
        close_pipe_end(ends[1]);
        if (processes[count] < 0)
            *status = print_error("sh", "fork", processes[count]);
        else
            count++;
        if (is_last)
            break;
        input = ends[0];
    }
    for (size_t i = 0; i < count && !background; i++)
        *status = wait_for(processes[i]);
    return token;
}

/* Runs a line and gives the status of its last command. */
static int run_line(const char *line, int status)
{
    const struct token *token = tokens;
    bool understood = cut(line);
    while (understood && token->kind != END) {
        token = run_pipeline(token, &status);
        understood = token && (token->kind == AND || token->kind == SEMICOLON ||
                               token->kind == BACKGROUND || token->kind == END);
        if (!understood || token->kind == END)
            break;
        if (token->kind == AND && status != 0) {
            while (token->kind != SEMICOLON && token->kind != BACKGROUND && token->kind != END)
                token++;
        }
        token += token->kind != END;
    }
    if (!understood) {
        print(ERRORS, "sh: cannot understand this line\n");
        status = NOT_UNDERSTOOD;
    }
    return status;
}

/* --- Where lines come from ------------------------------------------------------------------- */

/* Reads a line, byte by byte, so that commands find the rest of the input. Returns false at its
 * end. What exceeds the line is cut off; a line that Ctrl-C interrupts is empty. */
static bool read_line(int file, char line[LINE_SIZE])
{
    size_t length = 0;
    char byte = '\0';
    long count = 0;
    while (byte != '\n' && (count = sys_read(file, &byte, 1)) == 1) {
        if (length < LINE_SIZE - 1)
            line[length++] = byte;
    }
    if (count == -E_INTERRUPTED) {
        print(ERRORS, "\n");
        length = 0;
    }
    line[length] = '\0';
    return length > 0 || count == -E_INTERRUPTED;
}

static void prompt(void)
{
    char directory[PATH_SIZE];
    if (sys_getcwd(directory, sizeof(directory)) < 0)
        string_copy(directory, "?", sizeof(directory));
    print(ERRORS, "cairn:%s# ", directory);
}

static int run_lines(int file)
{
    char line[LINE_SIZE], settings[64];
    bool typed = sys_ioctl(file, TERMINAL_GET, (uint64_t)(uintptr_t)settings) == 0;
    int status = 0;
    if (typed) {
        signal_handle(SIGNAL_INTERRUPT, note_interrupt);
        signal_handle(SIGNAL_QUIT, SIGNAL_IGNORE);
    }
    for (;;) {
        while (sys_wait4(-1, NULL, WAIT_NO_HANG, NULL) > 0)
            continue; /* what has ended in the background */
        if (typed)
            prompt();
        if (!read_line(file, line))
            return status;
        status = run_line(line, status);
    }
}

int main(int count, const char *const arguments[], const char *const variables[])
{
    environment = variables;
    if (count == 3 && strcmp(arguments[1], "-c") == 0)
        return run_line(arguments[2], 0);
    long file = INPUT;
    if (count > 1)
        file = sys_open(arguments[1], OPEN_READ | OPEN_CLOSE_ON_EXEC, 0);
    return file < 0 ? print_error("sh", arguments[1], file) : run_lines((int)file);
}
