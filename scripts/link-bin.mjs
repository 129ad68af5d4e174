// Makes `npx fanlight` work inside the checkout, because npm links only the commands of dependencies.
import { chmodSync, lstatSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = join(root, 'node_modules', '.bin');
const link = join(bin, 'fanlight');
mkdirSync(bin, { recursive: true });
chmodSync(join(root, 'dist', 'cli', 'main.js'), 0o755);
if (lstatSync(link, { throwIfNoEntry: false })) rmSync(link);
symlinkSync(join('..', '..', 'dist', 'cli', 'main.js'), link);
