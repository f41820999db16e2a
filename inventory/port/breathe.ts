const waiting: (() => void)[] = [];

/**
 * Lets others have their turn in the middle of long work. Of all who wait, one goes on in each round of the event loop: what comes in
 * meanwhile waits for one step, not for a step of each.
 */
export const breathe = (): Promise<void> =>
  new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(goOn);
  });

function goOn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(goOn);
}
