// node --import ./test/simulation/sabotage/register.mjs --import tsx …, with the edits as JSON in the environment
import { register } from 'node:module';

register('./hooks.mjs', import.meta.url, { data: { edits: JSON.parse(process.env.FANLIGHT_SABOTAGE ?? '[]') } });
