import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DeviceKind } from '../device.js';

/** An ONNX graph of one matrix product, y = x · x with x [1,1]. */
const graph =
  'CAgSADpAChEKAXgKAXgSAXkiBk1hdE11bBIBcFoTCgF4Eg4KDAgBEggKAggBCgIIAWITCgF5Eg4KDAgBEggKAggBCgIIAUIECgAQDQ==';

/** Prints one line: empty when the device computed 3 · 3, else the error message of the runtime. */
const script = `
  const [, runtime, device] = process.argv;
  const { default: ort } = await import(runtime);
  try {
    const session = await ort.InferenceSession.create(Buffer.from('${graph}', 'base64'), { executionProviders: [device], logSeverityLevel: 4, extra: { session: { disable_cpu_ep_fallback: '1' } } });
    const { y } = await session.run({ x: new ort.Tensor('float32', [3], [1, 1]) });
    console.log(y.data[0] === 9 ? '' : '3 · 3 gave ' + y.data[0]);
  } catch (error) {
    console.log(String(error.message).replace(/\\s+/g, ' ').trim());
  }
`;

/** Timeout of the probe (ms), longer than a driver takes to start. */
const probeTimeoutMs = 60_000;

/**
 * Resolves to null when the runtime works on the device, else to the reason why it does not. The probe runs in a child
 * process, because a broken driver may crash the process that uses it.
 */
export function probeDevice(device: Exclude<DeviceKind, 'cpu'>): Promise<string | null> {
  const runtime = fileURLToPath(import.meta.resolve('onnxruntime-node'));
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--input-type=module', '--eval', script, runtime, device],
      { timeout: probeTimeoutMs },
      (error, stdout) => {
        const said = stdout.trim();
        if (error && said === '')
          resolve(`a probe process ended with ${error.signal ?? `exit code ${error.code ?? 'unknown'}`}`);
        else resolve(said === '' ? null : said.replace(/[.]$/, ''));
      },
    );
  });
}
