/** Whether a reference names one version (`scene@1`), not an alias (`scene@stable`). */
export function isExact(reference: string): boolean {
  return /@[1-9][0-9]*$/.test(reference);
}
