/*
 * A plugin of QEMU that counts the guest's instructions, those of the kernel and those of programs
 * apart:
 *
 *     -plugin build/count-modes.so,out=FILE
 *
 * A program says what is counted: it runs START, then the work, then STOP. Both are instructions
 * that do nothing on any processor: `nopl` with an address that nobody else writes. At each STOP a
 * line with the two counts goes to FILE.
 *
 * An instruction belongs to the kernel if its address is in the upper half. One with a repeat
 * prefix counts once for each time round, as it does under -icount. Interrupts that come in between
 * count, whoever they are for; a halted processor runs nothing.
 *
 * The declarations are those of version 1 of QEMU's interface (docs/devel/tcg-plugins.rst), which
 * no package brings along.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;   /* instructions that QEMU translates in one go */
struct qemu_plugin_insn; /* one of them */
struct qemu_info;

enum { ADD_U64 = 0, NO_REGISTERS = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
                                           void (*translated)(uint64_t id,
                                                              struct qemu_plugin_tb *block));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *instruction);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *instruction, int operation,
                                                void *counter, uint64_t added);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction,
                                            void (*executed)(unsigned processor, void *data),
                                            int registers, void *data);

EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *machine, int count,
                               char **arguments);
EXPORT int qemu_plugin_version = 1;

/* nopl 0x6e4d4b31(%rax) and nopl 0x6e4d4b32(%rax), as tests/tools/count_command.c has them */
static const uint8_t start_code[] = {0x0f, 0x1f, 0x80, 0x31, 0x4b, 0x4d, 0x6e};
static const uint8_t stop_code[] = {0x0f, 0x1f, 0x80, 0x32, 0x4b, 0x4d, 0x6e};

static uint64_t kernel_count, program_count;
static FILE *out;

static void start(unsigned processor, void *data)
{
    (void)processor, (void)data;
    kernel_count = 0;
    program_count = 0;
}

static void stop(unsigned processor, void *data)
{
    (void)processor, (void)data;
    fprintf(out, "%" PRIu64 " %" PRIu64 "\n", kernel_count, program_count);
    fflush(out);
}

static bool is_code(const struct qemu_plugin_insn *instruction, const uint8_t *code, size_t size)
{
    return qemu_plugin_insn_size(instruction) == size &&
           memcmp(qemu_plugin_insn_data(instruction), code, size) == 0;
}

static void translated(uint64_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        bool is_kernel = qemu_plugin_insn_vaddr(instruction) >> 63;
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, ADD_U64,
                                                   is_kernel ? &kernel_count : &program_count, 1);
        if (is_code(instruction, start_code, sizeof start_code))
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, start, NO_REGISTERS, NULL);
        if (is_code(instruction, stop_code, sizeof stop_code))
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, stop, NO_REGISTERS, NULL);
    }
}

EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *machine, int count,
                               char **arguments)
{
    (void)machine;
    if (count != 1 || strncmp(arguments[0], "out=", 4) != 0 ||
        !(out = fopen(arguments[0] + 4, "w"))) {
        fprintf(stderr, "count-modes: out=FILE is missing, or cannot be written\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
