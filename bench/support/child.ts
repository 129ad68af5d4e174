import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { packagePath } from '../../processes/package-root.js';

/** A forked program of bench/ that answers each message with one. */
export interface Child {
  /** Rejects when the child ends instead. */
  ask<Answer>(message: object): Promise<Answer>;
  close(): void;
}

/** @param program such as `bare/bare-single`; @param environment its own one where it is left out */
export function startChild(
  program: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Child {
  const child = fork(packagePath('dist', 'bench', `${program}.js`), [...args], {
    env: environment,
    serialization: 'advanced',
  });
  return {
    async ask<Answer>(message: object) {
      child.send(message);
      return (await answerOf(child, program)) as Answer;
    },
    close() {
      if (child.connected) child.disconnect();
    },
  };
}

async function answerOf(child: ChildProcess, program: string): Promise<unknown> {
  const ended = new AbortController();
  try {
    const [answer] = (await Promise.race([
      once(child, 'message', { signal: ended.signal }),
      once(child, 'exit', { signal: ended.signal }).then(([code]) => {
        throw new Error(`${program} ended (${String(code)})`);
      }),
    ])) as [unknown];
    return answer;
  } finally {
    ended.abort();
  }
}
