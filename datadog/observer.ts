import type { Call } from './answer.ts';
import type { Priority } from './types.ts';

/** What goes to Datadog, as somebody outside may see it: no path, no body, nothing about anybody. */
export interface ObservedCall extends Pick<Call, 'operation' | 'method'> {
  readonly priority: Priority;
}

export interface CallObserver {
  /** A request has waited so long for its turn; also one that got none. */
  waited(priority: Priority, ms: number): void;
  /** A request is sent. What it returns is told once how it ended: the HTTP status, or `noAnswer`. */
  begin(call: ObservedCall): (result: string) => void;
}

/** All of them, one after the other. */
export const observedBy = (observers: readonly CallObserver[]): CallObserver => ({
  waited(priority, ms) {
    for (const one of observers) one.waited(priority, ms);
  },
  begin(call) {
    const ends = observers.map((one) => one.begin(call));
    return (result) => {
      for (const end of ends) end(result);
    };
  },
});
