/*
 * The machine-check architecture, as far as a report needs it (Intel SDM 3B 16.3). Each bank of
 * registers belongs to a part of the hardware and keeps its last error. Nothing clears the banks,
 * so a report may also show an error from before the boot.
 */
#include <kernel/cpu/control.h>
#include <kernel/fault/machine_check.h>
#include <kernel/log/console.h>

enum {
    CPUID_EDX_MCE = 1 << 7,
    CPUID_EDX_MCA = 1 << 14,
    MSR_MCG_CAP = 0x179,
    MSR_MCG_STATUS = 0x17a,
    MSR_MCG_CTL = 0x17b,
    MSR_MC0_CTL = 0x400, /* followed by status, address and misc: four registers a bank */
    MAX_BANKS = 32,      /* other registers follow */
};

enum { CAP_COUNT = 0xff, CAP_HAS_MCG_CTL = 1 << 8 };

#define BANK_VALID        (UINT64_C(1) << 63)
#define BANK_HAS_ADDRESS  (UINT64_C(1) << 58)
#define ALL_KINDS         UINT64_MAX
#define BANK_CTL(bank)    (uint32_t)(MSR_MC0_CTL + 4 * (bank))
#define BANK_STATUS(bank) (BANK_CTL(bank) + 1)
#define BANK_ADDR(bank)   (BANK_CTL(bank) + 2)

_Static_assert(BANK_CTL(MAX_BANKS) == 0x480, "the registers of VMX begin there");

static uint64_t read_cap(void)
{
    return cpuid(1, 0).edx & CPUID_EDX_MCA ? read_msr(MSR_MCG_CAP) : 0;
}

static unsigned bank_count(uint64_t cap)
{
    return MIN((unsigned)(cap & CAP_COUNT), (unsigned)MAX_BANKS);
}

/* The first bank whose control register the kernel may write. In family 6 before model 1AH (Core 2
 * or older) bank 0's is an alias of a register that belongs to the firmware (16.3.2.1). */
static unsigned first_bank(void)
{
    uint32_t signature = cpuid(1, 0).eax; /* SDM 2, CPUID, figure 3-6 */
    unsigned family = signature >> 8 & 0xf;
    unsigned model = (signature >> 4 & 0xf) | (signature >> 12 & 0xf0);
    return family == 6 && model < 0x1a ? 1 : 0;
}

void machine_check_init(void)
{
    if (!(cpuid(1, 0).edx & CPUID_EDX_MCE))
        return;
    uint64_t cap = read_cap();
    if (cap & CAP_HAS_MCG_CTL)
        write_msr(MSR_MCG_CTL, ALL_KINDS);
    for (unsigned bank = first_bank(); bank < bank_count(cap); bank++)
        write_msr(BANK_CTL(bank), ALL_KINDS);
    write_cr4(read_cr4() | CR4_MCE);
}

void machine_check_print(void)
{
    unsigned count = bank_count(read_cap());
    if (count)
        console_printf("  machine check status 0x%lx\n", read_msr(MSR_MCG_STATUS));
    for (unsigned bank = 0; bank < count; bank++) {
        uint64_t status = read_msr(BANK_STATUS(bank));
        if (status & BANK_VALID)
            console_printf("  bank %u: status %016lx, address %016lx\n", bank, status,
                           status & BANK_HAS_ADDRESS ? read_msr(BANK_ADDR(bank)) : 0);
    }
}
