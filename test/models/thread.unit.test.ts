import { expect, test } from 'vitest';
import { onnxRuntime } from '../../models/onnx/session.js';
import { ModelThread } from '../../models/thread/model-thread.js';

test('a model thread that dies rejects pending and later requests with the same fatal failure', async () => {
  const thread = new ModelThread(onnxRuntime);
  const waiting = thread.request('scene@1', { kind: 'release' }).catch((error: unknown) => error);
  await thread.terminate();
  const first = await waiting;
  expect(first).toMatchObject({
    code: 'model-failed',
    kind: 'fatal',
    message: expect.stringMatching(/^The ONNX thread died: it exited with code \d+\.$/),
  });
  await expect(thread.request('scene@1', { kind: 'release' })).rejects.toBe(first);
  expect(thread.dead).toBe(true);
});
