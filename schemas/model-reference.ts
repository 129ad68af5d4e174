/** Whether a reference names one version (`scene@1`), not an alias (`scene@stable`). */
export function isExact(reference: string): boolean {
  return /@[1-9][0-9]*$/.test(reference);
}

/** `scene@1/features`: one output of one model, as inputs of models over features are named. */
export function outputName(modelId: string, output: string): string {
  return `${modelId}/${output}`;
}
