; The shared object that programs find in their memory, as the build has made it from user/vdso/.

global vdso_image, vdso_image_end

section .rodata

align 8
vdso_image:
    incbin "vdso.so"
vdso_image_end:
