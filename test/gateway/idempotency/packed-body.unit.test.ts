import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { packBody, unpackBody } from '../../../gateway/idempotency/packed-body.js';

const chunkBytes = 10_000;

/** A response of random bytes in chunks, which counts the chunks that were read. */
function streamed(chunks: number) {
  let read = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (read === chunks) return controller.close();
      read += 1;
      controller.enqueue(Uint8Array.from(randomBytes(chunkBytes)));
    },
  });
  return { response: new Response(body), chunksRead: () => read };
}

describe('packBody', () => {
  it.each([
    { name: 'text that gzip makes smaller', body: 'kitchen '.repeat(1_000), encoding: 'gzip' },
    { name: 'text that gzip makes larger', body: 'ok', encoding: 'identity' },
    { name: 'random bytes as long as the bound', body: Uint8Array.from(randomBytes(500)), encoding: 'identity' },
    { name: 'no body', body: null, encoding: 'identity' },
  ])('keeps $name', async ({ body, encoding }) => {
    const response = new Response(body);
    const packed = await packBody(response, 500);
    expect(packed?.encoding).toBe(encoding);
    expect(packed?.bytes.length).toBeLessThanOrEqual(500);
    const whole = Buffer.from(await response.arrayBuffer());
    expect(packed && (await unpackBody(packed)).equals(whole)).toBe(true);
  });

  it('stops reading when both forms exceed the bound, and leaves the response complete', async () => {
    const { response, chunksRead } = streamed(50);
    expect(await packBody(response, 2 * chunkBytes)).toBeUndefined();
    expect(chunksRead()).toBeLessThan(25);
    expect((await response.arrayBuffer()).byteLength).toBe(50 * chunkBytes);
  });

  it('rejects when the body fails', async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('broken')) });
    await expect(packBody(new Response(body), 100)).rejects.toThrow('broken');
  });
});
