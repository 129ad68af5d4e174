import { describeFault, type Fault } from './faults.js';
import type { World } from './world.js';

/** Begins and ends the faults of a world at their times. */
export function inject(world: World, faults: readonly Fault[]): void {
  const { scheduler } = world;
  for (const fault of faults) {
    scheduler.after(fault.atMs, undefined, () => {
      scheduler.trace.add(`FAULT ${describeFault(fault)}`);
      const end = begin(world, fault);
      scheduler.after(fault.forMs, undefined, end);
    });
  }
}

/** Returns the function that ends the fault. */
function begin(world: World, fault: Fault): () => void {
  const { kafka, store, network } = world;
  const machineOf = (name: string) => world.machines.find((machine) => machine.name === name);
  const nothing = () => undefined;
  switch (fault.kind) {
    case 'kill':
      machineOf(fault.machine)?.kill();
      return nothing;
    case 'terminate':
      machineOf(fault.machine)?.terminate();
      return nothing;
    case 'freeze-worker':
      machineOf(fault.machine)?.freeze(fault.forMs);
      return nothing;
    case 'freeze-broker':
      kafka.freeze();
      return () => kafka.wake();
    case 'kill-broker':
      kafka.kill();
      return () => kafka.wake();
    case 'freeze-store':
      if (store.state === 'up') store.state = 'frozen';
      return () => store.wake();
    case 'kill-store':
      store.state = 'down';
      return () => store.wake();
    case 'forgetful-store':
      world.stores.objects.forgets = true;
      return () => {
        world.stores.objects.forgets = false;
      };
    case 'refusing-coordinator':
      kafka.refusing = fault.probability;
      return () => {
        kafka.refusing = 0;
      };
    case 'failing-writes':
      kafka.failingWrites = fault.probability;
      return () => {
        kafka.failingWrites = 0;
      };
    case 'trouble': {
      const { trouble } = fault;
      network.begin(trouble);
      if (trouble.kind === 'cut' && trouble.server === 'kafka') kafka.resetConnections(trouble.machine);
      return () => network.end(trouble);
    }
  }
}
