# Cairn's build. `make help` lists the targets; everything that is built goes to build/.
#
#   CROSS=x86_64-elf-   prefix of the toolchain; found out when not given: x86_64-elf- if it is on the PATH, else the host's
#   LLVM=1              Clang, LLD and llvm-objcopy instead; builds to build/llvm/
#   B=DIRECTORY         builds to there, so that several builds can stand side by side
#   ACCEL=kvm           accelerator for QEMU (tcg when not given)
#   COVERAGE=1          the kernel and the host's tests count what runs of them; builds to build/coverage/
#   V=1                 show the commands

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := iso
SHELL := /bin/bash

B := build$(if $(LLVM),/llvm)$(if $(COVERAGE),/coverage)
Q := $(if $(V),,@)

# --- Tools ------------------------------------------------------------------------------------------------------------

CROSS ?= $(if $(shell command -v x86_64-elf-gcc 2>/dev/null),x86_64-elf-)
ifdef LLVM
CC      := clang
LD      := ld.lld
OBJCOPY := llvm-objcopy
else
CC      := $(CROSS)gcc
LD      := $(CROSS)ld
OBJCOPY := $(CROSS)objcopy
endif
NASM    := nasm
# GRUB's tools have one of these prefixes: Debian's, Fedora's, Homebrew's for BIOS and for UEFI.
GRUB    := $(firstword $(foreach prefix,grub- grub2- i686-elf-grub- x86_64-elf-grub-,\
               $(if $(shell command -v $(prefix)mkrescue 2>/dev/null),$(prefix))) grub-)
HOST_CC := gcc
PYTHON  := python3
export PYTHONDONTWRITEBYTECODE := 1
# Whatever the locale says.
export PYTHONUTF8 := 1

# $(call quoted,PATH): with its spaces quoted for the shell.
empty  :=
comma  := ,
quoted = $(subst $(empty) ,\ ,$(1))

# $(call need,TOOL=PACKAGE ...): a missing tool is named by the Debian package that holds it.
need = scripts/need.sh $(1)

# --- Flags ------------------------------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wundef -Wvla -Wpointer-arith -Wcast-qual -Wwrite-strings \
            -Wstrict-prototypes -Wmissing-prototypes -Wmissing-declarations -Wredundant-decls -Wimplicit-fallthrough \
            -Wformat=2 -Wnull-dereference
# What only one of the two compilers knows.
GCC_WARNINGS   := -Wcast-align=strict -Wjump-misses-init -Wlogical-op -Wduplicated-cond -Wduplicated-branches \
                  -Wstack-usage=2048
CLANG_WARNINGS := -Wcast-align -Wframe-larger-than=2048 -Wcomma -Wloop-analysis \
                  -Wconditional-uninitialized -Wextra-semi

# The compiler's own freestanding headers are the only ones in reach: no host header can slip in.
# Clang keeps tests in their order, and makes no call of memset out of memset's own loop: it needs no flags for that.
ifdef LLVM
COMPILER_FLAGS := $(CLANG_WARNINGS) --target=x86_64-linux-gnu -mno-implicit-float -Xclang -fstack-clash-protection \
                  -gdwarf-4 -grecord-command-line
LARGE_FRAMES   := -Wno-frame-larger-than
else
# Without padding in front of the targets of jumps the kernel is smaller and runs fewer instructions.
COMPILER_FLAGS := $(GCC_WARNINGS) -fstack-clash-protection -falign-loops=1 -falign-jumps=1 -falign-labels=1
LARGE_FRAMES   := -Wno-stack-usage
KEEP_ORDER     := -fno-toplevel-reorder
KEEP_LOOPS     := -fno-tree-loop-distribute-patterns
endif
COMPILER_INCLUDE := $(shell $(CC) -print-file-name=include 2>/dev/null)
KERNEL_CFLAGS := -std=gnu17 -O2 -g $(WARNINGS) $(COMPILER_FLAGS) -nostdinc -isystem $(COMPILER_INCLUDE) -Iinclude -I$B/gen \
    -ffreestanding -fno-pic -fno-pie -mno-red-zone -mgeneral-regs-only -mcmodel=kernel \
    -fno-omit-frame-pointer -fno-optimize-sibling-calls -fno-asynchronous-unwind-tables \
    -fstack-protector-strong -mstack-protector-guard=tls -mstack-protector-guard-reg=gs -mstack-protector-guard-offset=8 \
    -fcf-protection=none \
    -fno-common -ffunction-sections -fdata-sections -ffile-prefix-map=$(call quoted,$(CURDIR))/=
# The test kernel checks all that it runs for undefined behaviour; kernel/log/ubsan.c reports it.
UBSAN_CFLAGS := -fsanitize=undefined -fno-sanitize-recover=all -DUBSAN -DCHECK_LOCKS -Wno-null-dereference $(LARGE_FRAMES)
# C, assembly and the linker's script take it from one place.
KERNEL_BASE := $(shell sed -n 's/^.define KERNEL_BASE \(0x[0-9a-f]*\)u$$/\1/p' include/layout.h)
NASMFLAGS := -f elf64 -g -F dwarf -w+all -w+error -I include/
LDFLAGS := -nostdlib -static -no-pie -z noexecstack -z max-page-size=4096 --build-id=none --gc-sections \
    --defsym=KERNEL_BASE=$(KERNEL_BASE) -T linker.ld
# Programs may use all of the processor, and their stack has no limit that the build could check.
USER_CFLAGS := -std=gnu17 -O2 -g $(WARNINGS) $(COMPILER_FLAGS) -nostdinc -isystem $(COMPILER_INCLUDE) -Iinclude -iquote user \
    -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none \
    -fno-common -ffunction-sections -fdata-sections -ffile-prefix-map=$(call quoted,$(CURDIR))/=
USER_LDFLAGS := -nostdlib -static -no-pie -z noexecstack -z max-page-size=4096 -z noseparate-code --build-id=none --gc-sections \
    $(if $(LLVM),-z nostart-stop-gc)
HOST_CFLAGS := -std=gnu17 -O1 -g $(WARNINGS) $(GCC_WARNINGS) -Itests/host/include -Iinclude -I$B/gen \
    -DDIRECT_MAP_BASE=0x110000000000u -DKERNEL_BASE=0u -fno-omit-frame-pointer -fsanitize=address,undefined \
    -fno-sanitize-recover=all -fno-toplevel-reorder

# A build that counts which code runs. The sanitizers' branches and those of inlined copies would count as the code's own.
ifdef COVERAGE
COUNTERS      := --coverage -fprofile-update=atomic -fno-early-inlining -Wno-error
KERNEL_CFLAGS := $(filter-out -O2 -ffile-prefix-map=%,$(KERNEL_CFLAGS)) -O1 $(COUNTERS) -fprofile-info-section -Wno-stack-usage
UBSAN_CFLAGS  := $(filter-out -fsanitize=% -fno-sanitize-recover=%,$(UBSAN_CFLAGS))
HOST_CFLAGS   := $(filter-out -fsanitize=% -fno-sanitize-recover=%,$(HOST_CFLAGS)) $(COUNTERS)
LDFLAGS       += --defsym=__gcov_merge_add=0
endif

# --- Sources ----------------------------------------------------------------------------------------------------------

ROOMS := lib boot kernel kernel/cpu kernel/log kernel/task mm mm/alternatives kernel/fault drivers drivers/layouts \
         drivers/block drivers/usb fs fs/ext2 fs/fat fs/iso9660 kernel/tty kernel/process kernel/syscall kernel/monitor kernel/bench
# Sorted, for the order of the objects decides the image's bytes, and `wildcard` may follow the locale or the disk.
C_SOURCES   := $(sort $(wildcard $(ROOMS:%=%/*.c)))
ASM_SOURCES := $(sort $(wildcard $(ROOMS:%=%/*.asm)))
TEST_SOURCES := tests/test.c $(sort $(wildcard tests/kernel/*.c))

ASM_OBJECTS    := $(ASM_SOURCES:%=$B/obj/%.o)
KERNEL_OBJECTS := $(C_SOURCES:%=$B/obj/%.o) $(ASM_OBJECTS)
TEST_OBJECTS   := $(C_SOURCES:%=$B/obj-test/%.o) $(TEST_SOURCES:%=$B/obj-test/%.o) $(ASM_OBJECTS)

# From a scancode to what it types.
KEYBOARD_SOURCES := $(addprefix drivers/,scancode.c modifiers.c layout.c compose.c key_sequence.c keyboard.c) \
    $(wildcard drivers/layouts/*.c)

# What needs no real hardware runs on the host as it is, under the sanitizers.
HOST_SOURCES := tests/test.c $(wildcard $(addsuffix /*.c,tests/host lib mm/alternatives kernel/tty fs fs/ext2 fs/fat fs/iso9660 drivers/usb)) \
    boot/multiboot2.c kernel/options.c kernel/displays.c kernel/process/elf.c \
    $(addprefix kernel/cpu/,tsc.c random.c identity.c) $(addprefix kernel/log/,console.c screen.c) \
    $(filter-out $(addprefix kernel/task/,watchdog.c thread.c),$(wildcard kernel/task/*.c)) \
    $(addprefix kernel/fault/,words.c noncanonical.c machine_check.c) $(addprefix kernel/syscall/,description.c call_text.c) \
    $(addprefix kernel/monitor/,line.c key_parser.c edit.c history.c completion.c picture.c) \
    $(filter-out $(addprefix mm/,kernel_space.c processor.c heap_window.c kernel_pages.c kernel_stacks.c kernel_threads.c),$(wildcard mm/*.c)) \
    $(filter-out drivers/block/partitions.c,$(wildcard drivers/block/*.c)) $(wildcard drivers/acpi*.c drivers/pci*.c) $(KEYBOARD_SOURCES) \
    $(addprefix drivers/,irq.c pic8259.c local_apic.c io_apic.c i8042.c ps2_keyboard.c ps2_lights.c uart16550.c fw_cfg.c debug_console.c \
        framebuffer.c reset.c partition_table.c cmos_clock.c time_of_day.c pit8254.c reference_clock.c hpet.c)
HOST_OBJECTS := $(HOST_SOURCES:%=$B/host/%.o)
# Programs that run a part of the kernel on the host, for tests that compare it with something else.
TOOL_SOURCES_type-keys := tests/tools/type_keys.c $(KEYBOARD_SOURCES) lib/letter_case.c lib/utf8.c lib/string.c
TOOL_SOURCES_line-discipline := tests/tools/line_discipline.c $(wildcard kernel/tty/line_*.c)
TOOL_SOURCES_screens := tests/tools/screens.c lib/terminal.c lib/terminal_charset.c lib/terminal_cursor.c lib/terminal_display.c \
    lib/terminal_pen.c lib/terminal_sequences.c lib/grid.c lib/ecma48.c lib/utf8.c lib/width.c lib/colour.c lib/cp437.c lib/string.c lib/format.c
HOST_TOOLS := $B/type-keys $B/line-discipline $B/screens
TOOL_SOURCES := $(foreach tool,$(HOST_TOOLS),$(TOOL_SOURCES_$(notdir $(tool))))

# --- The kernel -------------------------------------------------------------------------------------------------------

.PHONY: all iso run test programs self power-cuts soak random-files matrix bench compare screens bench-host
.PHONY: clock-drift fuzz debug reproducible coverage mutants breaks check fmt clean help screenshot docs
.PHONY: need-debian-disk need-build need-font need-host need-debian need-user-tests need-fmt need-lint need-fuzz
.PHONY: need-iso need-matrix need-coverage need-qemu FORCE
all: iso $B/cairn-test.iso $B/host-tests $(HOST_TOOLS)

# A change of compiler or flags rebuilds what it touches, and a new or removed source links again: these files hold the
# words of a variable and are written only when those change.
STAMP_kernel-flags := $(CC) $(KERNEL_CFLAGS)
STAMP_test-flags   := $(STAMP_kernel-flags) $(UBSAN_CFLAGS)
STAMP_user-flags    = $(CC) $(USER_CFLAGS) $(LD) $(USER_LDFLAGS) $(USER_OBJECTS) $(BUSYBOX) $(ROOT_FOLDERS)
STAMP_user-test-flags = $(USER_TEST_CC) $(HOST_CC) $(USER_TEST_FLAGS) $(USER_TESTS)
STAMP_nasm-flags   := $(NASM) $(NASMFLAGS) $(KERNEL_BASE)
STAMP_host-flags   := $(HOST_CC) $(HOST_CFLAGS)
STAMP_objects      := $(LD) $(LDFLAGS) $(KERNEL_OBJECTS) $(TEST_OBJECTS) $(HOST_OBJECTS) $(TOOL_SOURCES)
$B/%.stamp: FORCE
	@mkdir -p $(@D)
	@echo '$(STAMP_$*)' | cmp -s - $@ || echo '$(STAMP_$*)' > $@

# Tests run in the order in which they are written.
$(TEST_SOURCES:%=$B/obj-test/%.o): KERNEL_CFLAGS += $(KEEP_ORDER)
$B/obj/kernel/fault/stack_faults.c.o: KERNEL_CFLAGS += $(LARGE_FRAMES)
$B/obj/lib/string.c.o $B/obj-test/lib/string.c.o: KERNEL_CFLAGS += $(KEEP_LOOPS)

$B/obj/%.c.o: %.c $B/kernel-flags.stamp | need-build
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$Q$(CC) $(KERNEL_CFLAGS) -MMD -MP -c $< -o $@

$B/obj-test/%.c.o: %.c $B/test-flags.stamp | need-build
	@mkdir -p $(@D)
	@echo "  TEST  $<"
	$Q$(CC) $(KERNEL_CFLAGS) $(UBSAN_CFLAGS) -MMD -MP -c $< -o $@

$B/obj/%.asm.o: %.asm $B/nasm-flags.stamp | need-build
	@mkdir -p $(@D)
	@echo "  NASM  $<"
	$Q$(NASM) $(NASMFLAGS) -D KERNEL_BASE=$(KERNEL_BASE) -MD $(@:.o=.d) -MP -MT $@ $< -o $@

# The built-in font is cut out of GRUB's, on the machine that builds.
FONT := $(firstword $(wildcard /usr/share/grub/unicode.pf2 /usr/share/grub2/unicode.pf2 /usr/share/grub2/fonts/unicode.pf2 \
            /opt/homebrew/share/*grub*/unicode.pf2 /usr/local/share/*grub*/unicode.pf2))
$(foreach kind,obj obj-test host,$B/$(kind)/lib/font_builtin.c.o): $B/gen/font_builtin.inc
$B/gen/font_builtin.inc: scripts/make-font.py $(FONT) | need-font
	@mkdir -p $(@D)
	@echo "  FONT  $@"
	$Q$(PYTHON) scripts/make-font.py $(FONT) $@

# The vDSO, which the kernel maps into programs, is compiled as programs are: a shared object of one page that needs no other.
VDSO_CFLAGS = $(USER_CFLAGS) -fPIC -mgeneral-regs-only -fvisibility=default
$B/gen/vdso.debug.so: user/vdso/vdso.c user/vdso/vdso.lds $B/user-flags.stamp | need-build
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$Q$(CC) $(VDSO_CFLAGS) -MMD -MP -MT $@ -MF $(@:.so=.d) -c $< -o $(@:.so=.o)
	$Q$(LD) -shared -soname=linux-vdso.so.1 --hash-style=both -Bsymbolic -z noexecstack -z max-page-size=4096 --build-id=none \
	    -T user/vdso/vdso.lds -o $@ $(@:.so=.o)
$B/gen/vdso.so: $B/gen/vdso.debug.so
	$Q$(OBJCOPY) --strip-all $< $@
$B/obj/kernel/process/vdso_image.asm.o: $B/gen/vdso.so
$B/obj/kernel/process/vdso_image.asm.o: NASMFLAGS += -I $B/gen/

# The file with debug information is for GDB; GRUB gets one without, for it would load every debug section into memory.
$B/cairn.debug.elf: $(KERNEL_OBJECTS)
$B/cairn-test.debug.elf: $(TEST_OBJECTS)
$B/%.debug.elf: linker.ld $B/objects.stamp | need-build
	@echo "  LD    $@"
	$Q$(LD) $(LDFLAGS) -Map=$B/$*.map -o $@ $(filter %.o,$^)

$B/%.elf: $B/%.debug.elf scripts/sort-symbols.py
	$Q$(OBJCOPY) --strip-debug $< $@
	$Q$(PYTHON) scripts/sort-symbols.py $@
	$Q$(GRUB)file --is-x86-multiboot2 $@

# How each file is compiled, for clangd, which looks for this in build/, and for clang-tidy; without GCC's own flags and headers.
CLANG_CFLAGS = $(filter-out -Werror -nostdinc -isystem $(COMPILER_INCLUDE) $(GCC_WARNINGS) $(LARGE_FRAMES) -fno-toplevel-reorder,$(1))
$B/compile_commands.json: $(addprefix $B/,test-flags.stamp host-flags.stamp objects.stamp) Makefile scripts/compile-commands.py
	$Q$(PYTHON) scripts/compile-commands.py $@ \
	    -- $(CC) $(call CLANG_CFLAGS,$(KERNEL_CFLAGS)) -- $(C_SOURCES) \
	    -- $(CC) $(call CLANG_CFLAGS,$(KERNEL_CFLAGS) $(UBSAN_CFLAGS)) -- $(TEST_SOURCES) \
	    -- $(HOST_CC) $(call CLANG_CFLAGS,$(HOST_CFLAGS)) -include tests/host/rename.h -- $(filter tests/%,$(RENAMED)) \
	    -- $(HOST_CC) $(call CLANG_CFLAGS,$(HOST_CFLAGS)) -- $(HOST_SOURCES) $(TOOL_SOURCES) tests/tools/time_strings.c \
	    -- clang $(FUZZ_CFLAGS) -- $(wildcard tests/fuzz/*.c) \
	    -- $(CC) $(call CLANG_CFLAGS,$(USER_CFLAGS)) -- $(USER_SINGLE) $(USER_BENCHES) $(filter user/%.c,$(USER_LIBRARY)) \
	    -- $(USER_TEST_CC) $(USER_TEST_FLAGS) -- $(wildcard tests/user/*.c)

# --- User programs ----------------------------------------------------------------------------------------------------

# Each file of user/ and user/tools/ is a program; all of user/bench/ is one, and all of user/fuzz/.
USER_SINGLE   := $(sort $(wildcard user/*.c user/tools/*.c))
USER_BENCHES  := $(sort $(wildcard user/bench/*.c))
USER_FUZZER   := $(sort $(wildcard user/fuzz/*.c user/fuzz/*.asm)) kernel/syscall/description.c
USER_PROGRAMS := $(addprefix $B/user/,$(notdir $(USER_SINGLE:.c=)) bench fuzz)
USER_LIBRARY  := $(sort $(wildcard user/lib/*.asm user/lib/*.c)) lib/string.c lib/format.c lib/number.c
USER_OBJECTS  := $(addprefix $B/obj-user/,$(addsuffix .o,$(USER_SINGLE) $(USER_BENCHES) $(USER_FUZZER) $(USER_LIBRARY)))

$B/obj-user/lib/string.c.o: USER_CFLAGS += $(KEEP_LOOPS)
$B/obj-user/%.c.o: %.c $B/user-flags.stamp | need-build
	@mkdir -p $(@D)
	@echo "  USER  $<"
	$Q$(CC) $(USER_CFLAGS) -MMD -MP -c $< -o $@

$B/obj-user/%.asm.o: %.asm $B/nasm-flags.stamp | need-build
	@mkdir -p $(@D)
	@echo "  NASM  $<"
	$Q$(NASM) $(NASMFLAGS) -MD $(@:.o=.d) -MP -MT $@ $< -o $@

$(foreach source,$(USER_SINGLE),$(eval $B/user/$(basename $(notdir $(source))).debug: $B/obj-user/$(source).o))
$B/user/bench.debug: $(USER_BENCHES:%=$B/obj-user/%.o)
$B/user/fuzz.debug: $(USER_FUZZER:%=$B/obj-user/%.o)
$(USER_PROGRAMS:%=%.debug): $(USER_LIBRARY:%=$B/obj-user/%.o) $B/user-flags.stamp
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$Q$(LD) $(USER_LDFLAGS) -o $@ $(filter %.o,$^)

$(USER_PROGRAMS): %: %.debug
	$Q$(OBJCOPY) --strip-all $< $@

# Programs that measure, as the first program of a system of their own.
$B/initramfs-bench.cpio: scripts/make-initramfs.py $B/user/bench $B/user/true
	@echo "  CPIO  $@"
	$Q$(PYTHON) $< $@ init=$B/user/bench bin/true=$B/user/true dev/ proc/

# The call fuzzer, as the first program of a system of its own.
$B/initramfs-fuzz.cpio: scripts/make-initramfs.py $B/user/fuzz
	@echo "  CPIO  $@"
	$Q$(PYTHON) $< $@ init=$B/user/fuzz dev/ proc/ tmp/

# What the kernel's root is filled with. Busybox is Debian's, unmodified; where it is missing, our own shell and tools serve.
BUSYBOX   := $(shell for file in /bin/busybox /usr/bin/busybox; do \
                 [ -x $$file ] && ! readelf -lW $$file | grep -q INTERP && echo $$file && break; done)
# Empty folders of the root.
ROOT_FOLDERS := dev/ mnt/ proc/ root/ sys/ tmp/
OWN_BIN   := $(if $(BUSYBOX),,$(filter-out $(addprefix $B/user/,init bench fuzz),$(USER_PROGRAMS)))
# /init mends the root with Debian's e2fsck; where it is missing, a root that was not unmounted cleanly stays read-only.
E2FSCK    := $(if $(wildcard /sbin/e2fsck.static),$B/e2fsck.static.gz)
$B/e2fsck.static.gz: /sbin/e2fsck.static
	@mkdir -p $(@D)
	$Qgzip -9n <$< >$@

$B/initramfs.cpio: scripts/make-initramfs.py $(USER_PROGRAMS) $(BUSYBOX) $(E2FSCK) $(shell find user/root -type f) $B/user-flags.stamp
	@echo "  CPIO  $@"
	$(if $(BUSYBOX),,@echo "cairn: there is no static busybox (package 'busybox-static'): the image has its own small shell")
	$Q$(PYTHON) $< $(BUSYBOX:%=--busybox %) --tree user/root $@ $(ROOT_FOLDERS) init=$B/user/init $(E2FSCK:%=sbin/e2fsck.static.gz=%) \
	    $(foreach program,$(OWN_BIN),bin/$(notdir $(program))=$(program))

# --- The image --------------------------------------------------------------------------------------------------------

# One hybrid image: CD, USB stick and disk; BIOS and UEFI. Only the modules that the boot needs travel on it. The image for
# the tests has the same on it, but boots the test kernel at once.
# GRUB's own start looks for more kinds of partitions, and complains of each that is missing.
GRUB_LOOKS_FOR := acorn amiga apple bsd dfly dvh plan sun sunpc
GRUB_MODULES := normal multiboot2 iso9660 fat part_gpt part_msdos configfile boot echo ls reboot halt serial terminal \
                all_video smbios gzio test $(addprefix part_,$(GRUB_LOOKS_FOR))
iso: $B/cairn.iso $B/compile_commands.json
$B/cairn-test.iso: EDIT_MENU := s/timeout=1/timeout=0/; s/default=text/default=tests/
$B/cairn.iso $B/cairn-test.iso: $B/%.iso: $B/cairn.elf $B/cairn-test.elf iso/grub.cfg scripts/make-iso.sh $B/unicode.pf2.gz $B/initramfs.cpio | need-iso
	@echo "  ISO   $@"
	@rm -rf $B/iso/$* && mkdir -p $B/iso/$*/boot/grub
	@cp $B/cairn.elf $B/iso/$*/boot/cairn.elf
	@gzip -9nc $B/cairn-test.elf > $B/iso/$*/boot/cairn-test.elf.gz
	@cp $B/unicode.pf2.gz $B/iso/$*/boot/unicode.pf2.gz
	@gzip -9nc $B/initramfs.cpio > $B/iso/$*/boot/initramfs.cpio.gz
	@sed -e '$(EDIT_MENU)' iso/grub.cfg > $B/iso/$*/boot/grub/grub.cfg
	$Qscripts/make-iso.sh $(GRUB)mkrescue $@ $B/iso/$* "$(GRUB_MODULES)" >$B/iso/$*.log 2>&1 || { cat $B/iso/$*.log >&2; rm -f $@; exit 1; }

# The font for framebuffers, with all that Unicode has.
$B/unicode.pf2.gz: $(FONT) | need-font
	@mkdir -p $(@D)
	$Qgzip -9n <$(FONT) >$@

# --- Using it ---------------------------------------------------------------------------------------------------------

run: $B/cairn.iso $(ROOT:%=$B/debian/full.img) | need-qemu
	$Qscripts/run.sh $^

# Disks of Debian's own packages.
$B/debian/%.img: scripts/make-debian.py scripts/debian-packages.txt | need-debian
	@mkdir -p $(@D)
	@echo "  EXT2  $@"
	$Q$(PYTHON) $< $* $@

# Where it cannot be made, such as without a network, e2e/debian says that it is left out.
need-debian-disk:
	@$(MAKE) --no-print-directory B=$B $B/debian/small.img || echo "cairn: tests of Debian's programs are left out"

# Debian's programs do their own work, and print what they print on this machine.
programs: $B/cairn.iso $B/debian/full.img | need-qemu
	$QBUILD=$B $(PYTHON) tests/programs.py $(PROGRAMS)

# Cairn builds its own kernel, byte for byte as this machine does.
self: $B/cairn.iso $B/debian/full.img | need-qemu
	$QBUILD=$B $(PYTHON) tests/build_self.py

# stress-ng's stressors end on Cairn as under Debian's kernel.
.PHONY: stress
stress: $B/cairn.iso $B/debian/full.img $B/linux/vmlinuz | need-qemu
	$QBUILD=$B $(PYTHON) tests/stress.py $B/linux/vmlinuz $(STRESS)

debug: $B/cairn.iso $B/cairn.debug.elf | need-qemu
	$Qscripts/debug.sh $B/cairn.iso $B/cairn.debug.elf

RENAMED := lib/string.c lib/format.c tests/host/string.c tests/host/format.c
$(RENAMED:%=$B/host/%.o): HOST_CFLAGS += -include tests/host/rename.h
$B/host/%.c.o: %.c $B/host-flags.stamp | need-host
	@mkdir -p $(@D)
	@echo "  HOST  $<"
	$Q$(HOST_CC) $(HOST_CFLAGS) -MMD -MP -c $< -o $@

$B/host-tests: $(HOST_OBJECTS) $B/objects.stamp
	@echo "  LD    $@"
	$Q$(HOST_CC) $(HOST_CFLAGS) -o $@ $(filter %.o,$^)

$B/type-keys: $(TOOL_SOURCES_type-keys:%=$B/host/%.o)
$B/line-discipline: $(TOOL_SOURCES_line-discipline:%=$B/host/%.o)
$B/screens: $(TOOL_SOURCES_screens:%=$B/host/%.o)
$(HOST_TOOLS): $B/objects.stamp
	@echo "  LD    $@"
	$Q$(HOST_CC) $(HOST_CFLAGS) -o $@ $(filter %.o,$^)

# Tests of system calls are programs with a C library: musl's, and one with GNU's that is position-independent, too. Each file of
# tests/user that has tests is a program, with its own name as its suite. run-tests runs them as the first program of Cairn.
USER_TESTS := $(basename $(notdir $(sort $(shell grep -lE '^TEST|^.define SUITE' tests/user/*.c))))
USER_TEST_PROGRAMS := $(USER_TESTS:%=$B/user-tests/%)
USER_TEST_FLAGS := -std=gnu17 -O1 -g -D_GNU_SOURCE -Wall -Wextra -Werror -Wshadow -Wno-nonnull -fno-toplevel-reorder -idirafter include
USER_TEST_CC     = musl-gcc -static -no-pie
$B/user-tests/glibc $B/user-tests/glibc_threads: USER_TEST_CC = $(HOST_CC) -static-pie
# ld warns of functions that may load libraries; version 2.40 can be told not to.
$B/user-tests/glibc_static: USER_TEST_CC = $(HOST_CC) -static -no-pie $(if $(shell ld --help 2>/dev/null | grep -e --no-warnings),-Wl$(comma)--no-warnings)
$B/user-tests/start: USER_TEST_FLAGS += -Wl,-e,entered
$(USER_TEST_PROGRAMS): $B/user-tests/%: tests/user/%.c tests/user/support.c tests/test.c tests/user/support.h tests/test.h \
    $B/user-test-flags.stamp | need-user-tests
	@mkdir -p $(@D)
	@echo "  USER  $<"
	$Q$(USER_TEST_CC) $(USER_TEST_FLAGS) -o $@ $(filter-out $(USER_TEST_INCLUDED),$(filter %.c,$^)) -lm
$B/user-tests/glibc_threads: USER_TEST_INCLUDED = $(addprefix tests/user/,threads.c thread_locks.c thread_signals.c)
$B/user-tests/glibc_threads: $(addprefix tests/user/,threads.c thread_locks.c thread_signals.c)
$(addprefix $B/user-tests/,threads thread_locks thread_signals glibc_threads): tests/user/thread_support.h
$(addprefix $B/user-tests/,mapping remapping memory_limits): tests/user/mapping_support.h
$(addprefix $B/user-tests/,isolation forged_frames changing_code): tests/user/isolation_support.h
$(addprefix $B/user-tests/,sockets socket_rights): tests/user/socket_support.h
$(addprefix $B/user-tests/,ptys terminals job_control line_editing): tests/user/pty_support.c tests/user/pty_support.h
$(addprefix $B/user-tests/,inotify limits_of_files mounts ranges random_files opening): tests/user/own_tmpfs.c tests/user/own_tmpfs.h

$B/run-tests: tests/user/run.c $B/user-test-flags.stamp | need-user-tests
	@echo "  USER  $<"
	$Q$(USER_TEST_CC) $(USER_TEST_FLAGS) -o $@ $<

$B/two-trees: tests/tools/two_trees.c $B/user-test-flags.stamp | need-user-tests
	@echo "  USER  $<"
	$Q$(USER_TEST_CC) $(USER_TEST_FLAGS) -o $@ $<

$B/user-tests/stripped/%: $B/user-tests/%
	@mkdir -p $(@D)
	$Q$(OBJCOPY) --strip-all $< $@

$B/initramfs-tests.cpio: scripts/make-initramfs.py $B/run-tests $(USER_TESTS:%=$B/user-tests/stripped/%)
	@echo "  CPIO  $@"
	$Q$(PYTHON) $< $@ dev/ proc/ tmp/ run-tests=$B/run-tests \
	    $(foreach file,passwd group,etc/$(file)=user/root/etc/$(file)) \
	    $(foreach test,$(USER_TESTS),tests/$(test)=$B/user-tests/stripped/$(test))

TESTED := $B/cairn.iso $B/cairn-test.iso $B/host-tests $(HOST_TOOLS) $(USER_TEST_PROGRAMS) $B/two-trees \
    $B/initramfs-tests.cpio $B/initramfs-fuzz.cpio
test: $(TESTED) need-debian-disk | need-qemu
	$QBUILD=$B $(PYTHON) tests/run.py $(if $(TIMES),--times $(TIMES)) $(TESTS)

matrix: $B/cairn.iso | need-qemu need-matrix
	$QBUILD=$B $(PYTHON) tests/matrix.py $(MATRIX)

bench: $B/cairn.iso $B/initramfs-bench.cpio | need-qemu
	$QBUILD=$B $(PYTHON) tests/bench.py $(BENCH)
	$Qscripts/draw-docs.py

# The same programs under Debian's kernel, and both figures in docs/benchmarks.md.
$B/linux/vmlinuz: scripts/fetch-linux.sh
	$Q$< $@

compare: $B/cairn.iso $B/initramfs-bench.cpio $B/linux/vmlinuz | need-qemu
	$QBUILD=$B $(PYTHON) tests/compare.py $B/linux/vmlinuz $(BENCH)
	$(if $(BENCH),,$Q$(MAKE) --no-print-directory compare-programs)

# What Debian's programs cost in either kernel.
$B/count-modes.so: tests/tools/count_modes.c $B/host-flags.stamp | need-host
	@echo "  LD    $@"
	$Q$(HOST_CC) -std=gnu17 -O2 $(WARNINGS) -fPIC -fvisibility=hidden -shared -o $@ $<
$B/count-command: tests/tools/count_command.c $B/user-test-flags.stamp | need-user-tests
	@echo "  USER  $<"
	$Qmusl-gcc -static -no-pie $(USER_TEST_FLAGS) -o $@ $<
.PHONY: compare-programs
compare-programs: $B/cairn.iso $B/debian/full.img $B/linux/vmlinuz $B/count-modes.so $B/count-command | need-qemu
	$QBUILD=$B $(PYTHON) tests/compare_programs.py $B/linux/vmlinuz

# What Linux's console shows for programs' output, into tests/screens/; `make test` compares Cairn's terminal with it.
screens: $B/linux/vmlinuz | need-qemu
	$QBUILD=$B $(PYTHON) tests/record_screens.py $<

# The kernel's own object beside the C library: the time is what counts on hardware, so it is not compiled anew.
$B/bench-host/string.o: $B/obj/lib/string.c.o
	@mkdir -p $(@D)
	$Q$(OBJCOPY) --prefix-symbols=kernel_ $< $@

$B/bench-host/time-strings: tests/tools/time_strings.c $B/bench-host/string.o $B/host-flags.stamp | need-host
	@echo "  LD    $@"
	$Q$(HOST_CC) -std=gnu17 -O2 -fno-builtin -fno-pie -no-pie $(WARNINGS) -o $@ $(filter %.c %.o,$^)

bench-host: $B/bench-host/time-strings
	$Q$< >docs/strings.md
	$Qcat docs/strings.md

clock-drift: $B/cairn.iso | need-qemu
	$QBUILD=$B $(PYTHON) tests/clock_drift.py $(MINUTES)

# Calls with made-up arguments, by user/fuzz/: CALLS of them, from SEED on. With MINUTES, all kinds of work on one machine.
soak: $B/cairn.iso $B/initramfs-fuzz.cpio $(if $(MINUTES),,random-files) | need-qemu
	$QBUILD=$B $(PYTHON) tests/soak.py $(if $(MINUTES),minutes $(MINUTES),$(or $(CALLS),10000000)) $(SEED)

# A million operations on files, whose results have to be this machine's.
random-files: $B/cairn.iso $B/user-tests/random_files $B/initramfs-tests.cpio | need-qemu
	$QBUILD=$B $(PYTHON) tests/random_files.py $(STEPS)

# Clang's libFuzzer feeds any bytes to the code that reads outside data, for FUZZ_SECONDS for each file below tests/fuzz/. An
# input that fails stays in build/fuzz/. FUZZ_SOURCES_x are the files under test of tests/fuzz/x.c, FUZZ_FLAGS_x are for
# libFuzzer.
FUZZ_SECONDS := 60
FUZZ_LIMIT = -max_total_time=$(FUZZ_SECONDS)
# Where a fuzzer keeps the inputs that reach something new, and finds those of earlier runs.
FUZZ_CORPUS = $<.corpus
FUZZ_SOURCES_acpi := drivers/acpi_tables.c drivers/acpi_aml.c
FUZZ_SOURCES_cpio := fs/cpio.c lib/string.c
FUZZ_SOURCES_font := lib/font.c
FUZZ_SOURCES_keyboard := $(KEYBOARD_SOURCES) lib/letter_case.c lib/utf8.c lib/string.c
FUZZ_SOURCES_multiboot2 := boot/multiboot2.c mm/memory_map.c
FUZZ_SOURCES_partition_table := drivers/partition_table.c lib/crc32.c lib/format.c lib/string.c
FUZZ_SOURCES_pci := drivers/pci.c drivers/pci_config.c drivers/pci_device.c drivers/acpi_tables.c lib/error.c
# A machine with memory, PCI and the block layer, on which drivers of devices run.
FUZZ_MACHINE := tests/fuzz/support/machine.c $(addprefix tests/host/,fake_pci.c fake_ports.c fake_tables.c fake_thread.c physical_memory.c test_arena.c) \
    $(wildcard drivers/pci*.c) $(addprefix drivers/,acpi.c acpi_tables.c acpi_aml.c block/block.c block/disks.c) lib/format.c \
    $(addprefix mm/,allocator.c fixed_block.c frame_block.c frame_map.c frames.c heap.c heap_debug.c memory_map.c page_runs.c size_class.c slab.c) \
    $(wildcard mm/alternatives/*.c) \
    $(filter-out kernel/task/watchdog.c kernel/task/thread.c,$(wildcard kernel/task/*.c)) lib/string.c lib/error.c
FUZZ_SOURCES_usb := $(FUZZ_MACHINE) tests/host/fake_xhci.c $(wildcard tests/host/fake_usb_*.c) $(wildcard drivers/usb/*.c) $(KEYBOARD_SOURCES) lib/letter_case.c lib/utf8.c
FUZZ_FLAGS_usb := -max_len=400 -len_control=0
# Drivers of disks, each with a controller that lies.
FUZZ_DISK := $(FUZZ_MACHINE) tests/fuzz/support/disk_controller.c tests/host/fake_disk.c
FUZZ_SOURCES_virtio_blk := $(FUZZ_DISK) tests/host/fake_virtio_blk.c drivers/block/virtio_blk.c drivers/block/virtio.c
FUZZ_SOURCES_nvme := $(FUZZ_DISK) tests/host/fake_nvme.c drivers/block/nvme.c
FUZZ_SOURCES_ahci := $(FUZZ_DISK) tests/host/fake_ahci.c drivers/block/ahci.c drivers/block/ata.c
FUZZ_SOURCES_ide := $(FUZZ_DISK) tests/host/fake_ide.c drivers/block/ide.c drivers/block/ide_drive.c drivers/block/ata.c
DISK_FUZZERS := virtio_blk nvme ahci ide
$(foreach fuzzer,$(DISK_FUZZERS),$(eval FUZZ_FLAGS_$(fuzzer) := -max_len=300 -len_control=0))
FUZZ_SOURCES_elf := kernel/process/elf.c
FUZZ_SOURCES_terminal := tests/host/fake_display.c lib/terminal.c lib/terminal_charset.c lib/terminal_cursor.c \
    lib/terminal_pen.c lib/terminal_sequences.c lib/grid.c lib/ecma48.c lib/utf8.c lib/width.c lib/colour.c lib/cp437.c lib/string.c lib/format.c
FUZZ_SOURCES_line_discipline := $(wildcard kernel/tty/line_*.c)
FUZZ_FLAGS_line_discipline := -max_len=400 -len_control=0
FUZZ_FLAGS_terminal := -max_len=400 -len_control=0 -dict=tests/fuzz/terminal.dict
FUZZERS := $(patsubst tests/fuzz/%.c,$B/fuzz/%,$(wildcard tests/fuzz/*.c))
FUZZ_CFLAGS := -std=gnu17 -O1 -g -Wall -Wextra -Werror -Itests/host/include -Iinclude -DDIRECT_MAP_BASE=0x110000000000u -DKERNEL_BASE=0u \
    -fsanitize=address,undefined -fno-sanitize-recover=all
# New ways through the code under test are what a fuzzer looks for; new ways through what that stands on only cost time.
FUZZ_GUIDE := -fsanitize=fuzzer-no-link
FUZZ_UNGUIDED := tests/host/% kernel/task/% mm/alternatives/% $(filter-out mm/memory_map.c,$(wildcard mm/*.c))
STAMP_fuzz-flags := $(FUZZ_CFLAGS) $(FUZZ_GUIDE) $(FUZZ_UNGUIDED)

# A source is compiled once for all fuzzers that it is linked into.
$B/fuzz-obj/%.c.o: %.c $B/fuzz-flags.stamp | need-fuzz
	@mkdir -p $(@D)
	$Qclang $(FUZZ_CFLAGS) $(if $(filter $(FUZZ_UNGUIDED),$<),,$(FUZZ_GUIDE)) -MMD -MP -c $< -o $@

.SECONDEXPANSION:
$(FUZZERS): $B/fuzz/%: $B/fuzz-obj/tests/fuzz/%.c.o $B/fuzz-obj/tests/fuzz/support/assert.c.o $$(addprefix $B/fuzz-obj/,$$(addsuffix .o,$$(FUZZ_SOURCES_$$*)))
	@mkdir -p $@.corpus
	@echo "  FUZZ  $@"
	$Qclang -fsanitize=fuzzer,address,undefined -o $@ $^

.PHONY: $(FUZZERS:%=%.run)
$(FUZZERS:%=%.run): %.run: %
	$Q$< $(FUZZ_FLAGS_$(notdir $<)) $(FUZZ_LIMIT) -print_final_stats=1 -artifact_prefix=$<. $(FUZZ_CORPUS)

fuzz: $(FUZZERS:%=%.run)

screenshot: $B/cairn.iso $B/debian/full.img | need-qemu
	$Qfor picture in shell debian monitor fault; do $(PYTHON) scripts/screenshot.py $$picture docs/images/$$picture.png || exit 1; done

# What programs write in the documents; the benches' and the machines' tables come from `make bench` and `make matrix`.
docs: $B/cairn.iso | need-qemu
	$Qscripts/draw-docs.py
	$Qscripts/draw-syscalls.py
	$Qscripts/report-sizes.py --write
	$QBUILD=$B scripts/boot-profile.py
	$QBUILD=$B scripts/session.py

C_FILES = $(shell find . -name build -prune -o -name '*.[ch]' -print)
fmt: | need-fmt
	$Qclang-format -i $(C_FILES)

# Cuts the power of a disk that is written to at many places, and kills QEMU while it writes: CUTS=500 KILLS=20 SEED=1.
power-cuts: $B/cairn.iso | need-qemu
	$QBUILD=$B CUTS=$(or $(CUTS),500) KILLS=$(or $(KILLS),20) SEED=$(or $(SEED),1) $(PYTHON) tests/run.py e2e/power_cuts

# Two builds from nothing, in different folders, give the same bytes.
reproducible: | need-build need-iso
	$Q$(PYTHON) tests/reproducible.py

# Which lines and branches the tests reach: a build of its own, with counters.
coverage: | need-build need-host need-qemu need-coverage
	$Q$(MAKE) --no-print-directory COVERAGE=1 need-covered
	$QBUILD=$B/coverage $(PYTHON) tests/coverage.py $(TESTS)
.PHONY: need-covered
need-covered: $(TESTED) need-debian-disk

# Small changes in PLACES=200 lines, drawn with SEED=1; `make coverage` has found out which tests reach them.
mutants: | need-build need-host need-qemu need-coverage
	$QBUILD=build/coverage $(PYTHON) tests/mutants.py $(or $(PLACES),200) $(or $(SEED),1)

breaks: | need-build need-host need-qemu
	$Q$(PYTHON) tests/breaks.py $(BREAKS)

# What reads the code without running it. A file is read again when its object is newer.
$B/lint/%.c.ok: $B/obj/%.c.o .clang-tidy | need-lint $B/compile_commands.json
	@mkdir -p $(@D)
	@echo "  LINT  $*.c"
	$Q$(CC) $(KERNEL_CFLAGS) -Wno-stack-usage -fanalyzer -c $*.c -o /dev/null
	$Qclang-tidy --quiet -p $B $*.c >$@.log 2>&1 || { cat $@.log; exit 1; }
	@touch $@

# cppcheck knows the C library's names as macros; ours are enumerators with Linux's names.
LINUX_NAMES := SEEK_SET SEEK_CUR SEEK_END SIGABRT SIGFPE SIGINT SIGKILL SIGSEGV SIGTERM
lint: $(C_SOURCES:%=$B/lint/%.ok) | need-lint
	$Qcppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability $(LINUX_NAMES:%=-U%) -Iinclude -I$B/gen $(C_SOURCES)

# Each check is a target of its own. `make check` runs them in this order, the quick ones first, and names all that fail.
CHECKS := check-format check-floors check-contracts check-locks check-scripts check-docs check-symbols check-waits check-figures check-models lint
.PHONY: $(CHECKS)
check:
	$Qscripts/check.py "$(MAKE)" $(CHECKS)
	$Qscripts/report-sizes.py

check-format: | need-fmt
	$Qclang-format --dry-run -Werror $(C_FILES)

check-floors:
	$Qscripts/check-floors.py

check-contracts:
	$Qscripts/check-contracts.py

check-locks:
	$Qscripts/check-locks.py

check-scripts: | need-lint
	$Qshellcheck scripts/*.sh .ci/run

check-docs: | need-build need-user-tests
	$Qscripts/check-docs.py $(CC) $(KERNEL_CFLAGS) -- $(USER_TEST_CC) $(USER_TEST_FLAGS)

check-symbols: all
	$Qscripts/check-symbols.py $B

# Figures and transcripts are those of the usual compiler.
check-waits: $B/cairn-test.debug.elf
	$Qscripts/check-waits.py $B

check-figures: $B/cairn.iso | need-qemu
	$Qscripts/draw-docs.py --check
	$Qscripts/draw-syscalls.py --check
	$(if $(LLVM)$(CROSS),,$QBUILD=$B scripts/boot-profile.py --check)
	$(if $(LLVM)$(CROSS),,$QBUILD=$B scripts/session.py --check)

check-models:
	$Qscripts/check-models.sh

clean:
	$Qrm -rf $B

help:
	@echo "make            build the image, build/cairn.iso"
	@echo "make all        build the image, the test image and the host tests"
	@echo "make run        boot the image in QEMU and type to it; CMDLINE='heap=bump ...' gives options to the kernel,"
	@echo "                ROOT=debian makes a disk of Debian's packages its root"
	@echo "make test       run every test; TESTS='NAME ...' those whose names begin so, TIMES=50 as often in a row,"
	@echo "                DELAYS=1 with either side late"
	@echo "make programs   run Debian's programs and compare what they print with Linux; PROGRAMS='NAME ...' for some of them"
	@echo "make self       Cairn builds its own kernel, and both have to be the same; it takes an hour"
	@echo "make soak       make random-files, and ten million system calls with made-up arguments; CALLS= another number, SEED= the first"
	@echo "                seed; MINUTES=60: commands, faults, hot-plug and disks on one machine instead"
	@echo "make random-files a million operations on files, and the same on this machine; STEPS= another number"
	@echo "make matrix     boot the image on many machines and type at each; MATRIX='WORD ...' for some of them"
	@echo "make stress     run stress-ng's stressors under Cairn and Linux; STRESS='CLASS ...' for some of them"
	@echo "make bench      count instructions, into build/bench.json; BENCH=PREFIX for a part"
	@echo "make compare    count the benches of programs under Debian's kernel, too, into docs/benchmarks.md; BENCH=PREFIX for a part"
	@echo "make compare-programs  what Debian's programs cost in either kernel, alone"
	@echo "make screens    record anew what Linux's console shows for programs, into tests/screens/"
	@echo "make bench-host time lib/string.c beside the C library, into docs/strings.md"
	@echo "make power-cuts lose power at CUTS=500 places of a disk's record with SEED=1, kill QEMU KILLS=20 times, and let e2fsck"
	@echo "                mend what is left"
	@echo "make clock-drift compare the clock with the host's for MINUTES=10, beside a build"
	@echo "make fuzz       feed the readers of outside data with anything; FUZZ_SECONDS=60 for each"
	@echo "make debug      QEMU stopped, and GDB at kernel_main"
	@echo "make screenshot take the README's pictures again"
	@echo "make docs       rewrite what programs write in docs/: pictures, the boot's instructions, a session"
	@echo "make check      what can be checked without running the kernel's tests; each part is a target of its own:"
	@echo "                $(CHECKS)"
	@echo "make reproducible build twice from nothing in different folders, and compare the images byte for byte"
	@echo "make coverage   which lines and branches tests reach, into docs/evidence.md; TESTS='NAME ...' adds those tests"
	@echo "make mutants    change the kernel in PLACES=200 lines drawn with SEED=1, and count what the tests that reach them notice"
	@echo "make breaks     break the kernel on purpose, and see a test notice each time; BREAKS=WORD for a part"
	@echo "make fmt        format the C files"
	@echo "make clean      remove build/"

need-build:
	@$(call need,$(if $(LLVM),clang=clang ld.lld=lld llvm-objcopy=llvm,$(CC)=gcc $(LD)=binutils $(OBJCOPY)=binutils) $(NASM)=nasm $(GRUB)file=grub-common)
need-font:
	@[ -n "$(FONT)" ] || { echo "cairn: the font unicode.pf2 is missing: install the package 'grub-common'," \
	    "or run ./scripts/setup.sh" >&2; exit 1; }
	@$(call need,$(PYTHON)=python3)
need-host:
	@$(call need,$(HOST_CC)=gcc)
need-debian:
	@$(call need,fakeroot=fakeroot apt-get=apt dpkg-deb=dpkg $(PYTHON)=python3)
need-user-tests:
	@$(call need,musl-gcc=musl-tools $(HOST_CC)=gcc)
need-fuzz:
	@$(call need,clang=clang)
need-fmt:
	@$(call need,clang-format=clang-format)
need-lint:
	@$(call need,clang-tidy=clang-tidy cppcheck=cppcheck shellcheck=shellcheck)
need-iso:
	@$(call need,$(GRUB)mkrescue=grub-common xorriso=xorriso mformat=mtools)
need-coverage:
	@$(call need,gcovr=gcovr)
need-matrix:
	@$(call need,bochs=bochs)
need-qemu:
	@$(call need,qemu-system-x86_64=qemu-system-x86 $(PYTHON)=python3)

-include $(KERNEL_OBJECTS:.o=.d) $(TEST_OBJECTS:.o=.d) $(HOST_OBJECTS:.o=.d) $(TOOL_SOURCES:%=$B/host/%.d) $(USER_OBJECTS:.o=.d) $B/gen/vdso.debug.d $(wildcard $B/fuzz-obj/*/*.d $B/fuzz-obj/*/*/*.d $B/fuzz-obj/*/*/*/*.d)
