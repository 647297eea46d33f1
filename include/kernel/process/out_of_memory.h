/*
 * What happens when a page is needed and no frame is left.
 */
#ifndef KERNEL_PROCESS_OUT_OF_MEMORY_H
#define KERNEL_PROCESS_OUT_OF_MEMORY_H

/* Kills the process with the most memory, which may be the running one, and says so in the log. The
 * first process is spared as long as there is another. Its memory comes back once it has run to its
 * end; the processor is given to others until then. In threads of programs. */
void end_largest_process(void);

#endif
