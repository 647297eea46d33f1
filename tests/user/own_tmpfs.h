/*
 * A tmpfs of a test's own, which Linux and Cairn both have: so a test can say what it answers.
 */
#ifndef TESTS_USER_OWN_TMPFS_H
#define TESTS_USER_OWN_TMPFS_H

/* Mounts one with these options at the directory "m", and goes there. 0: this user may not mount
 * anything, and the test has to do without. */
int enter_tmpfs(const char *options);

/* Leaves it again, for the test's own directory. */
void leave_tmpfs(void);

#endif
