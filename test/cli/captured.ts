import { vi } from 'vitest';

/** What is written to standard output from now on; until the mocks are restored, nothing is shown. */
export function captured(): { text: string } {
  const output = { text: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output.text += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  return output;
}
