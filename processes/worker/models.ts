import { chooseDevice, type DeviceKind } from '../../models/device.js';
import { probeDevice } from '../../models/onnx/device-probe.js';
import type { WorkerServices } from '../../runtime/services.js';
import type { StagePlan } from '../../topology/topology.js';
import type { Config } from '../config.js';
import { modelsRunBy, openPorts, type OpenedPorts } from '../pipeline-ports.js';
import { controlModels } from './model-control.js';
import { processName } from './process-name.js';
import type { RoleContext } from './role.js';

/** Opens the ports of stages, loads the models that the stages run, and lets operators control these models. */
export async function openModelPorts(
  context: RoleContext,
  plans: readonly StagePlan[],
): Promise<{ readonly ports: OpenedPorts; close(): Promise<void> }> {
  const { topology, config, services } = context;
  const controlled = modelsRunBy(topology.pipelines, plans).length > 0;
  const device = controlled ? await findDevice(config, services) : 'cpu';
  const ports = openPorts({ config, topology, plans, services, device });
  const [control] = await Promise.all([
    controlled ? controlModels(processName(context), ports, services) : undefined,
    ports.host.preload(),
  ]);
  return {
    ports,
    async close() {
      await control?.stop();
      await ports.close();
    },
  };
}

async function findDevice({ FANLIGHT_DEVICE: asked }: Config, { logger }: WorkerServices): Promise<DeviceKind> {
  const remedy = 'See docs/gpu.md, or set FANLIGHT_DEVICE=cpu.';
  const device = await chooseDevice(asked, {
    probe: probeDevice,
    onPassedOver: (passed, why) =>
      logger.warn({ device: passed, remedy }, `models cannot compute on ${passed}: ${why}`),
  });
  logger.info({ device, asked }, 'models compute on this device');
  return device;
}
