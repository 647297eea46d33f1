/*
 * ELF64 program files (System V ABI, chapters 4 and 5): what the kernel needs of their headers,
 * with every field checked. Pure: the caller reads the file.
 */
#ifndef KERNEL_PROCESS_ELF_H
#define KERNEL_PROCESS_ELF_H

#include <error.h>
#include <types.h>

enum {
    ELF_HEADER_SIZE = 64,
    ELF_PROGRAM_HEADER_SIZE = 56,
    ELF_MAX_PROGRAM_HEADERS = 64,
    ELF_MAX_SEGMENTS = 16,
    ELF_MAX_INTERPRETER = 256, /* its path, with the NUL */
};

/* A part of the file that is mapped: pages of `file_size` bytes from `offset` on, and zeros after
 * them up to `memory_size`. `address` and `offset` are equal below a page. */
struct elf_segment {
    virt_addr_t address; /* as the file says; the load bias is added to it */
    uint64_t memory_size;
    uint64_t offset;
    uint64_t file_size;
    bool readable, writable, executable;
};

struct elf_program {
    bool movable; /* ET_DYN: may be loaded at any address */
    virt_addr_t entry;
    uint64_t headers_offset; /* of the program headers, in the file */
    uint16_t header_count;
    virt_addr_t headers_address;                   /* in memory; 0 if no segment holds them */
    struct elf_segment segments[ELF_MAX_SEGMENTS]; /* by address, without overlaps */
    size_t segment_count;                          /* 1 or more */
    bool executable_stack;
    uint64_t interpreter_offset; /* its path in the file; size 0: there is none */
    uint64_t interpreter_size;   /* with its NUL; at most ELF_MAX_INTERPRETER */
};

/* Reads the file's header, of which `size` bytes are there, and sets where the program headers are.
 * ERROR_NOT_EXECUTABLE when this is no program for this machine. */
enum error elf_read_header(const void *header, size_t size, struct elf_program *program);

/* Reads the program headers: header_count of them, ELF_PROGRAM_HEADER_SIZE bytes each, after
 * elf_read_header(). `headers` need not be aligned. All addresses of a program that may not be
 * moved lie between `lowest` and `end`; a movable one is no longer than the distance.
 * ERROR_NOT_EXECUTABLE.
 */
enum error elf_read_program_headers(const void *headers, virt_addr_t lowest, virt_addr_t end,
                                    struct elf_program *program);

/* The pages from the first segment's start to the last one's end. */
virt_addr_t elf_start(const struct elf_program *program);
virt_addr_t elf_end(const struct elf_program *program);

#endif
