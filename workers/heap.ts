import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 collect garbage when the heap has grown by a fifth, instead of letting it grow to a multiple first: a full sync
 * reads hundreds of megabytes page by page, and needs few of them at a time. For the entry points of worker processes.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=20');
  setFlagsFromString('--semi-space-growth-factor=1');
}
