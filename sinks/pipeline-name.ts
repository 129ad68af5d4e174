/** Splits `listing-photo@1.2` into the name `listing-photo` and the major version `1`. A missing version is `0`. */
export function splitPipeline(pipeline: string): { readonly name: string; readonly major: string } {
  const at = pipeline.lastIndexOf('@');
  if (at <= 0) return { name: pipeline, major: '0' };
  const version = pipeline.slice(at + 1);
  const dot = version.indexOf('.');
  return { name: pipeline.slice(0, at), major: dot < 0 ? version : version.slice(0, dot) };
}
