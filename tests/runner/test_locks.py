"""What scripts/check-locks.py finds."""

import importlib.machinery
import importlib.util
import sys
import unittest

from runner import paths

SCRIPTS = paths.ROOT / "scripts"
sys.path.insert(0, str(SCRIPTS))

ORDER = ["LOCK_OF_NAMES", "LOCK_OF_PIPE", "LOCK_OF_DISK"]
CODE = {
    "fs/names.c": """
void init(struct filesystem *filesystem)
{
    filesystem->names = (struct mutex)MUTEX_INIT_RANKED(filesystem->names, LOCK_OF_NAMES);
}
void lock_names(struct filesystem *filesystem)
{
    thread_lock(&filesystem->names);
}
void unlock_names(struct filesystem *filesystem)
{
    thread_unlock(&filesystem->names);
}
""",
    "fs/pipe.c": """
static void init(struct pipe *pipe)
{
    pipe->mutex = (struct mutex)MUTEX_INIT_RANKED(pipe->mutex, LOCK_OF_PIPE);
}
static void wait(struct pipe *pipe)
{
    thread_unlock(&pipe->mutex);
    thread_park();
    thread_lock(&pipe->mutex);
}
static void get(struct pipe *pipe)
{
    thread_lock(&pipe->mutex);
    wait(pipe);
    thread_unlock(&pipe->mutex);
}
void look_up(struct filesystem *filesystem)
{
    lock_names(filesystem);
    get(filesystem->pipe);
    unlock_names(filesystem);
    find(filesystem);
}
void find(struct filesystem *filesystem)
{
    filesystem->count++;
}
""",
}


def script():
    """The script as a module."""
    loader = importlib.machinery.SourceFileLoader("check_locks", str(SCRIPTS / "check-locks.py"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


class Locks(unittest.TestCase):
    """Orders and needs."""

    def setUp(self):
        self.locks = script()

    def code(self, before="", after=""):
        """The code with another text at one place."""
        assert before in CODE["fs/pipe.c"]
        return self.locks.Code({**CODE, "fs/pipe.c": CODE["fs/pipe.c"].replace(before, after)})

    def test_in_order(self):
        """A lock that is given up meanwhile is not taken twice."""
        code = self.code()
        self.assertEqual(list(self.locks.out_of_order(code, ORDER)), [])
        self.assertEqual(code.unknown, [])

    def test_out_of_order(self):
        """In the function itself, and in one that it calls."""
        code = self.code("get(filesystem->pipe);", "look_up(filesystem);")
        self.assertEqual(list(self.locks.out_of_order(code, ORDER)),
                         ["look_up() holds LOCK_OF_NAMES and comes to LOCK_OF_NAMES in look_up()"])
        code = self.code("    wait(pipe);", "    lock_names(pipe->filesystem);")
        self.assertEqual(list(self.locks.out_of_order(code, ORDER))[0],
                         "get() of fs/pipe.c holds LOCK_OF_PIPE and comes to LOCK_OF_NAMES in lock_names()")

    def test_needs(self):
        """The lock is given up before the call; the caller's own contract may want it."""
        needs = {"find": {"LOCK_OF_NAMES"}}
        self.assertEqual(list(self.locks.not_held(self.code(), needs)),
                         ["look_up() comes to find(), which wants LOCK_OF_NAMES to be held; its contract does not say so"])
        held = self.code("    unlock_names(filesystem);\n    find(filesystem);", "    find(filesystem);\n    unlock_names(filesystem);")
        self.assertEqual(list(self.locks.not_held(held, needs)), [])
        self.assertEqual(list(self.locks.not_held(self.code(), {**needs, "look_up": {"LOCK_OF_NAMES"}})), [])
