/** True for an exact version (`scene@1`), false for an alias (`scene@stable`). */
export function isExact(reference: string): boolean {
  return /@[1-9][0-9]*$/.test(reference);
}

/** Returns the input name of another model's output in features models, such as `scene@1/features`. */
export function outputName(modelId: string, output: string): string {
  return `${modelId}/${output}`;
}
