import { FanlightError } from '../schemas/failure.js';

/** What computes the batches of models whose framework can use it; the others compute on the CPU. */
export type Device = 'cpu' | 'cuda' | 'webgpu';

/** What an operator may ask for. */
export const deviceChoices = ['auto', 'cpu', 'cuda', 'webgpu'] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

/** In the order in which `auto` tries them, before the CPU. */
const accelerators = ['cuda', 'webgpu'] as const;

export interface ChooseOptions {
  /** Null when the device computes, else why it does not. */
  readonly probe: (device: Exclude<Device, 'cpu'>) => Promise<string | null>;
  /** Told of each device that `auto` passes over. */
  readonly onPassedOver: (device: Device, why: string) => void;
}

/** @throws FanlightError `invalid-configuration` for a device that was asked for by name and does not compute */
export async function chooseDevice(asked: DeviceChoice, { probe, onPassedOver }: ChooseOptions): Promise<Device> {
  if (asked === 'cpu') return 'cpu';
  for (const device of asked === 'auto' ? accelerators : [asked]) {
    const why = await probe(device);
    if (why === null) return device;
    if (asked !== 'auto') throw unavailable(device, why);
    onPassedOver(device, why);
  }
  return 'cpu';
}

function unavailable(device: Device, why: string): FanlightError {
  return new FanlightError({
    code: 'invalid-configuration',
    message: `The device ${device} cannot compute here: ${why}.`,
    remedy: 'Install its drivers and libraries (docs/gpu.md), or set FANLIGHT_DEVICE to cpu or auto.',
  });
}
