/**
 * Environment under which the C library gives freed memory back at once, for processes with a memory budget for models:
 * by default it keeps much of what unloaded models held. It is read when a process starts (mallopt(3); glibc only).
 */
export const frugalAllocator = { MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' } as const;
