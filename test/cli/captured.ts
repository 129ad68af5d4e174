import { vi } from 'vitest';

/** Captures standard output and silences standard error, until the mocks are restored. */
export function captured(): { text: string } {
  const output = { text: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output.text += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  return output;
}
