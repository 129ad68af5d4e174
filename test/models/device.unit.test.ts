import { describe, expect, it } from 'vitest';
import { chooseDevice, type DeviceKind, type DeviceChoice } from '../../models/device.js';
import { probeDevice } from '../../models/onnx/device-probe.js';

/** Chooses a device on a machine that has the devices in `present`. */
async function choose(asked: DeviceChoice, present: readonly DeviceKind[]) {
  const passedOver: string[] = [];
  const device = await chooseDevice(asked, {
    probe: async (tried) => (present.includes(tried) ? null : `there is no ${tried}`),
    onPassedOver: (tried, why) => passedOver.push(`${tried}: ${why}`),
  });
  return { device, passedOver };
}

describe('chooseDevice', () => {
  it('takes the first working device for auto, and reports why it skips others', async () => {
    expect(await choose('auto', ['cuda', 'webgpu'])).toEqual({ device: 'cuda', passedOver: [] });
    expect(await choose('auto', ['webgpu'])).toEqual({ device: 'webgpu', passedOver: ['cuda: there is no cuda'] });
    expect(await choose('auto', [])).toEqual({
      device: 'cpu',
      passedOver: ['cuda: there is no cuda', 'webgpu: there is no webgpu'],
    });
  });

  it('tries only the device that the operator named', async () => {
    expect(await choose('cpu', ['cuda'])).toEqual({ device: 'cpu', passedOver: [] });
    expect(await choose('webgpu', ['cuda', 'webgpu'])).toEqual({ device: 'webgpu', passedOver: [] });
    await expect(choose('cuda', ['webgpu'])).rejects.toMatchObject({
      code: 'invalid-configuration',
      message: 'The device cuda does not work on this machine: there is no cuda.',
    });
  });

  it('probes a device in the runtime itself, and gets the problem in one line', async () => {
    // Holds with and without such a device on this machine.
    for (const device of ['cuda', 'webgpu'] as const)
      expect((await probeDevice(device)) ?? 'fine').toMatch(/^\S.*[^.\s]$/);
  });
});
