import { FanlightError } from '../schemas/failure.js';

/** Processor for the batches of models whose framework supports it. Other models run on the CPU. */
export type DeviceKind = 'cpu' | 'cuda' | 'webgpu';

/** Values that an operator may set. */
export const deviceChoices = ['auto', 'cpu', 'cuda', 'webgpu'] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

/** Accelerators in the order in which `auto` tries them, before it falls back to the CPU. */
const accelerators = ['cuda', 'webgpu'] as const;

export interface ChooseOptions {
  /** Resolves to null when the device works, else to the reason why it does not. */
  readonly probe: (device: Exclude<DeviceKind, 'cpu'>) => Promise<string | null>;
  /** Called for each device that `auto` skips. */
  readonly onPassedOver: (device: DeviceKind, why: string) => void;
}

/** @throws FanlightError `invalid-configuration` when the operator named a device and it does not work */
export async function chooseDevice(asked: DeviceChoice, { probe, onPassedOver }: ChooseOptions): Promise<DeviceKind> {
  if (asked === 'cpu') return 'cpu';
  for (const device of asked === 'auto' ? accelerators : [asked]) {
    const why = await probe(device);
    if (why === null) return device;
    if (asked !== 'auto') throw unavailable(device, why);
    onPassedOver(device, why);
  }
  return 'cpu';
}

function unavailable(device: DeviceKind, why: string): FanlightError {
  return new FanlightError({
    code: 'invalid-configuration',
    message: `The device ${device} does not work on this machine: ${why}.`,
    remedy: 'Install its drivers and libraries (docs/gpu.md), or set FANLIGHT_DEVICE to cpu or auto.',
  });
}
