import { simulate } from './simulate.js';
import type { Plan } from './world/plan.js';

/** Drops the faults of a failing plan one by one, then its photos in parts, for as long as it still fails. */
export async function minimise(failing: Plan): Promise<Plan> {
  let plan = failing;
  async function tryWith(smaller: Plan): Promise<void> {
    if ((await simulate(smaller)).violations.length > 0) plan = smaller;
  }

  for (const fault of failing.faults)
    await tryWith({ ...plan, faults: plan.faults.filter((other) => other !== fault) });
  for (let parts = 2; parts <= 8; parts *= 2) {
    for (let part = 0; part < parts; part += 1) {
      const size = Math.ceil(plan.photos.length / parts);
      const photos = plan.photos.filter((_, index) => Math.floor(index / size) !== part);
      if (photos.length > 0 && photos.length < plan.photos.length) await tryWith({ ...plan, photos });
    }
  }
  return plan;
}
