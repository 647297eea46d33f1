/*
 * The machine-check architecture, as far as a report needs it (Intel SDM 3B 15.3): each bank of
 * registers stands for a part of the hardware and keeps its last error.
 */
#include <kernel/cpu/control.h>
#include <kernel/fault/machine_check.h>
#include <kernel/log/console.h>

enum {
    CPUID_EDX_MCE = 1 << 7,
    CPUID_EDX_MCA = 1 << 14,
    MSR_MCG_CAP = 0x179,
    MSR_MCG_STATUS = 0x17a,
    MSR_MC0_CTL = 0x400, /* then status, address and more; four registers a bank */
    MAX_BANKS = 32,
};

#define BANK_VALID        (UINT64_C(1) << 63)
#define BANK_HAS_ADDRESS  (UINT64_C(1) << 58)
#define ALL_KINDS         UINT64_MAX
#define BANK_CTL(bank)    (uint32_t)(MSR_MC0_CTL + 4 * (bank))
#define BANK_STATUS(bank) (BANK_CTL(bank) + 1)
#define BANK_ADDR(bank)   (BANK_CTL(bank) + 2)

static unsigned bank_count(void)
{
    if (!(cpuid(1, 0).edx & CPUID_EDX_MCA))
        return 0;
    return MIN((unsigned)(read_msr(MSR_MCG_CAP) & 0xff), (unsigned)MAX_BANKS);
}

void machine_check_init(void)
{
    if (!(cpuid(1, 0).edx & CPUID_EDX_MCE))
        return;
    for (unsigned bank = 0; bank < bank_count(); bank++)
        write_msr(BANK_CTL(bank), ALL_KINDS);
    write_cr4(read_cr4() | CR4_MCE);
}

void machine_check_print(void)
{
    unsigned count = bank_count();
    if (count)
        console_printf("  machine check status 0x%lx\n", read_msr(MSR_MCG_STATUS));
    for (unsigned bank = 0; bank < count; bank++) {
        uint64_t status = read_msr(BANK_STATUS(bank));
        if (status & BANK_VALID)
            console_printf("  bank %u: status %016lx, address %016lx\n", bank, status,
                           status & BANK_HAS_ADDRESS ? read_msr(BANK_ADDR(bank)) : 0);
    }
}
