/**
 * Environment variables that make the C library return freed memory to the system at once (mallopt(3); glibc only). By
 * default, glibc keeps much of the memory of unloaded models. It reads the variables when a process starts. They are
 * for processes with a memory budget for models.
 */
export const frugalAllocator = { MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' } as const;
