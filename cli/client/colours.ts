import pc from 'picocolors';

export type Colours = ReturnType<typeof pc.createColors>;

/** Colours only where a person looks: on a terminal, and unless NO_COLOR asks for none. */
export function coloursFor(stream: { readonly isTTY?: boolean }): Colours {
  return pc.createColors(stream.isTTY === true && pc.isColorSupported);
}
