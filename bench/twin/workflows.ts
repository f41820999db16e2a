// One bundle for both: a worker that is measured carries the same code, whichever of them it runs.
export * from '../../workflows/index.ts';
export { twin } from './twin.ts';
