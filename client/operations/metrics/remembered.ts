/** The same reading for everybody who asks within some time, also while it is under way. One that failed is not kept. */
export function remembered<T>(read: () => Promise<T>, keepMs: number): () => Promise<T> {
  let known: { readonly reading: Promise<T>; readonly until: number } | undefined;
  return () => {
    if (known !== undefined && Date.now() < known.until) return known.reading;
    const reading = read();
    const mine = { reading, until: Number.POSITIVE_INFINITY };
    known = mine;
    const forget = (until: number): void => {
      if (known === mine) known = { reading, until };
    };
    reading.then(
      () => forget(Date.now() + keepMs),
      () => forget(0),
    );
    return reading;
  };
}
