import pc from 'picocolors';

export type Colours = ReturnType<typeof pc.createColors>;

/** Returns colours for a terminal, and none for another stream or if NO_COLOR is set. */
export function coloursFor(stream: { readonly isTTY?: boolean }): Colours {
  return pc.createColors(stream.isTTY === true && pc.isColorSupported);
}
