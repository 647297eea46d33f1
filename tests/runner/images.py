"""Images made for one test: the shipped one with another grub.cfg, and other files."""

import subprocess
from pathlib import Path

from runner import paths


def edited(directory, config, files=()):
    """The shipped image, as a CD for BIOS machines only, with the text `config` as its grub.cfg, and with other
    files: pairs of a path on this machine and one on the image. Gives its path, below `directory`, which is empty."""
    grub_cfg = Path(directory) / "grub.cfg"
    grub_cfg.write_text(config)
    out = Path(directory) / "image.iso"
    command = ["xorriso", "-indev", str(paths.ISO), "-outdev", str(out),
               "-boot_image", "any", "discard", "-boot_image", "any", "system_area=/dev/zero",
               "-boot_image", "any", "bin_path=/boot/grub/i386-pc/eltorito.img",
               "-boot_image", "any", "boot_info_table=on", "-boot_image", "grub",
               "grub2_boot_info=on", "-overwrite", "on"]
    for source, target in [(grub_cfg, "/boot/grub/grub.cfg"), *files]:
        command += ["-map", str(source), target]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                   stdin=subprocess.DEVNULL)
    return out
