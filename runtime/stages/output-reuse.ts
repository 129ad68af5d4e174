import type { OperationContext } from '../../processors/operation.js';
import type { OutputCache } from '../../processors/ports.js';
import { FanlightError } from '../../schemas/failure.js';
import { packValue, unpackValue } from './value-codec.js';

/**
 * Adds cached outputs of earlier tasks on the same file to `values`.
 *
 * @param reusable node name → identity of its output
 * @returns names of the nodes whose outputs were found
 */
export async function recall(
  cache: OutputCache,
  content: string,
  reusable: ReadonlyMap<string, string>,
  values: Map<string, unknown>,
): Promise<readonly string[]> {
  const missing = [...reusable].filter(([name]) => !values.has(name));
  if (missing.length === 0) return [];
  const found = await cache.get(
    content,
    missing.map(([, identity]) => identity),
  );
  return missing.flatMap(([name, identity]) => {
    const value = unpacked(found.get(identity));
    if (value === undefined) return [];
    values.set(name, value);
    return [name];
  });
}

/** Undefined if the entry is missing or damaged. The stage then computes the output and writes it again. */
function unpacked(packed: Uint8Array | undefined): unknown {
  if (!packed) return undefined;
  try {
    return unpackValue(packed);
  } catch (error) {
    if (error instanceof FanlightError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

interface Outputs {
  /** SHA-256 of the file. */
  readonly content: string;
  readonly nodes: readonly { readonly name: string }[];
  /** Node name → identity of its output. */
  readonly reusable: ReadonlyMap<string, string>;
  readonly values: ReadonlyMap<string, unknown>;
}

/** Caches the outputs of `nodes`. The write runs after the output records are published, so it does not delay them. */
export function keep(
  cache: OutputCache,
  { content, nodes, reusable, values }: Outputs,
  { waitUntil }: Pick<OperationContext, 'waitUntil'>,
): void {
  const fresh = nodes.flatMap(({ name }) => {
    const identity = reusable.get(name);
    return identity === undefined ? [] : [[identity, values.get(name)] as const];
  });
  if (fresh.length === 0) return;
  waitUntil(() => cache.put(content, new Map(fresh.map(([identity, value]) => [identity, packValue(value)]))));
}
