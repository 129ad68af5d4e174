import { describe, expect, it } from 'vitest';
import { chooseDevice, type Device, type DeviceChoice } from '../../models/device.js';
import { probeDevice } from '../../models/onnx/probe-device.js';

/** A machine with these devices. */
async function choose(asked: DeviceChoice, present: readonly Device[]) {
  const passedOver: string[] = [];
  const device = await chooseDevice(asked, {
    probe: async (tried) => (present.includes(tried) ? null : `there is no ${tried}`),
    onPassedOver: (tried, why) => passedOver.push(`${tried}: ${why}`),
  });
  return { device, passedOver };
}

describe('the device of a worker', () => {
  it('auto takes the first that computes, and says why others do not', async () => {
    expect(await choose('auto', ['cuda', 'webgpu'])).toEqual({ device: 'cuda', passedOver: [] });
    expect(await choose('auto', ['webgpu'])).toEqual({ device: 'webgpu', passedOver: ['cuda: there is no cuda'] });
    expect(await choose('auto', [])).toEqual({
      device: 'cpu',
      passedOver: ['cuda: there is no cuda', 'webgpu: there is no webgpu'],
    });
  });

  it('what is asked for by name is tried, and nothing else', async () => {
    expect(await choose('cpu', ['cuda'])).toEqual({ device: 'cpu', passedOver: [] });
    expect(await choose('webgpu', ['cuda', 'webgpu'])).toEqual({ device: 'webgpu', passedOver: [] });
    await expect(choose('cuda', ['webgpu'])).rejects.toMatchObject({
      code: 'invalid-configuration',
      message: 'The device cuda cannot compute here: there is no cuda.',
    });
  });

  it('is tried by the runtime itself, which says in one line what is missing', async () => {
    // Whether this machine has one or not.
    for (const device of ['cuda', 'webgpu'] as const)
      expect((await probeDevice(device)) ?? 'fine').toMatch(/^\S.*[^.\s]$/);
  });
});
