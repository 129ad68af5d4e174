import { chooseDevice, type Device } from '../../../models/device.js';
import { probeDevice } from '../../../models/onnx/probe-device.js';
import { followCancellations } from '../../../jobs/cancellations.js';
import { startModelWorker } from '../../../runtime/models/model-consumption.js';
import type { WorkerServices } from '../../../runtime/services.js';
import { startStageWorker } from '../../../runtime/stages/stage-consumption.js';
import type { Lane } from '../../../topology/lanes.js';
import { modelQueueOf } from '../../../topology/model-queue.js';
import type { Config } from '../../config.js';
import { modelsRunBy, openPorts, openSlots } from '../../open-ports.js';
import { controlModels } from '../control-models.js';
import type { Role, RoleContext } from '../role.js';
import { processName } from '../process-name.js';

/** What a consumer of a lane holds at most: records, and bytes of them. */
const windowOf = ({ window }: Lane) => ({ items: window, bytes: 128 * 2 ** 20 });

/** Runs the operations of one stage, or of several fused ones, on photos; and models on tensors, where it has them. */
export const stageRole: Role = {
  names: (topology) => topology.stages.map(({ name }) => name),
  handlesPhotos: true,
  readsPlans: true,
  async start(context) {
    const { plans, topology, config, services } = context;
    const controlled = modelsRunBy(topology.pipelines, plans).length > 0;
    const device = controlled ? await findDevice(config, services) : 'cpu';
    const ports = openPorts(config, topology, plans, services, device);
    // Before the first record: the aliases of operators and the cancellations of clients hold for it too.
    const [control, cancellations] = await Promise.all([
      controlled ? controlModels(processName(context), ports, services) : null,
      followCancellations(services),
      ports.host.preload(),
    ]);
    const slots = openSlots(config.FANLIGHT_THREADS);
    const stages = plans.map((plan) =>
      startStageWorker({
        topology,
        plan,
        ports,
        slots,
        services,
        window: windowOf(plan.lane),
        inlineLimit: config.FANLIGHT_INLINE_LIMIT_BYTES,
        isCancelled: (job) => cancellations.has(job),
      }),
    );
    const consumers = await Promise.all([...stages, ...startModels(context, ports)]);
    return {
      consumers,
      async close() {
        await Promise.all([control?.stop(), cancellations.close()]);
        await ports.close();
      },
    };
  },
};

/** The consumer of tensors, where this worker is the one that has the models for it. */
function startModels(
  { name, lanes, queue, topology, services }: RoleContext,
  { models }: ReturnType<typeof openPorts>,
) {
  const tensors = modelQueueOf(topology);
  if (tensors === undefined || tensors.worker !== name || !lanes.includes(tensors.lane) || queue !== null) return [];
  return [startModelWorker({ queue: tensors, models, services, window: windowOf(tensors.lane) })];
}

async function findDevice({ FANLIGHT_DEVICE: asked }: Config, { logger }: WorkerServices): Promise<Device> {
  const remedy = 'See docs/gpu.md, or set FANLIGHT_DEVICE=cpu.';
  const device = await chooseDevice(asked, {
    probe: probeDevice,
    onPassedOver: (passed, why) =>
      logger.warn({ device: passed, remedy }, `models cannot compute on ${passed}: ${why}`),
  });
  logger.info({ device, asked }, 'models compute on this device');
  return device;
}
