import { ProblemError } from '../problems/problem.js';

export function foreignCursor(): ProblemError {
  return new ProblemError({ code: 'invalid-cursor', detail: 'The cursor is none that this gateway has given.', remedy: 'Take the whole URL from the Link of the page before.' });
}
