import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { packagePath } from '../../primitives/package-root.js';

/** A forked program of bench/ that answers each message with one message. */
export interface Child {
  /** Rejects when the child exits before it answers. */
  ask<Answer>(message: object): Promise<Answer>;
  close(): void;
}

/**
 * @param program path below bench/ without its extension, such as `bare/bare-single`
 * @param environment default: the environment of this process
 */
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
        throw new Error(`${program} exited with code ${String(code)} before it answered`);
      }),
    ])) as [unknown];
    return answer;
  } finally {
    ended.abort();
  }
}
